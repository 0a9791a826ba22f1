const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu;

/**
 * Folds the case of one code point as Unicode's full case folding, which JavaScript lacks: converting to
 * upper case and back makes the same characters equal, except for the dotless i, whose upper case is I.
 */
function foldCase(character: string): string {
  if (character === 'ı') return character;
  return character.toLowerCase().toUpperCase().toLowerCase();
}

/**
 * Returns the key of a display name: two names are the same name in a session when their keys are equal.
 * The key is in NFKC, case-folded, and without default-ignorable code points, as toNFKC_Casefold. The
 * key of a key is the key itself. Letters of different scripts that look alike have different keys.
 * https://www.unicode.org/versions/latest/core-spec/chapter-3/#G34145
 */
export function nameKey(displayName: string): string {
  let folded = '';
  // By code point: within a word, the lower case of Σ depends on its position.
  for (const character of displayName.replace(IGNORABLE, '').normalize('NFKC')) {
    folded += foldCase(character);
  }
  return folded.normalize('NFKC');
}
