import { z } from 'zod';
import { fieldRule } from './error.ts';

const WHITE_SPACE = /\s+/gu;

/** C0 and C1 controls and DEL. Normalising has replaced white space. */
const CONTROL = /\p{Cc}/u;

/** https://www.unicode.org/faq/private_use.html#noncharacters */
const NONCHARACTER = /\p{Noncharacter_Code_Point}/u;

/**
 * Embeddings, overrides and isolates, with which one name can look like another.
 * https://www.unicode.org/reports/tr9/#Explicit_Directional_Embeddings
 */
const BIDI_OVERRIDE = /[\u202a-\u202e\u2066-\u2069]/u;

/**
 * A visible character. Blank although their category is visible: U+2800 (braille pattern blank), U+1D159
 * (musical null notehead), U+16FE4 (Khitan filler). The Hangul fillers are default ignorable.
 * https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point
 */
const VISIBLE = /[^\u{16fe4}\s\p{Default_Ignorable_Code_Point}\p{Cf}\u2800\u{1d159}]/u;

/**
 * An emoji sequence, captured, or a default-ignorable code point outside of one. A pictograph may carry a
 * variation selector and a skin tone, and zero width joiners connect it with others.
 * https://www.unicode.org/reports/tr51/#Emoji_Sequences
 */
const EMOJI_OR_IGNORABLE = (() => {
  const pictograph = String.raw`\p{Extended_Pictographic}[\ufe0e\ufe0f]?\p{Emoji_Modifier}?`;
  const keycap = String.raw`[0-9#*]\ufe0f\u20e3`;
  const sequence = String.raw`${pictograph}(?:\u200d${pictograph})*|${keycap}`;
  return new RegExp(String.raw`(${sequence})|\p{Default_Ignorable_Code_Point}`, 'gu');
})();

const MAX_MARKS = 4;

/** Marks stacked on one base cover the lines above and below. */
const TOO_MANY_MARKS = new RegExp(String.raw`\p{M}{${MAX_MARKS + 1}}`, 'u');

/** Normalises to NFC, trims, and folds inner white space to one space. Idempotent. */
export function normalizeText(value: string): string {
  return value.normalize('NFC').replace(WHITE_SPACE, ' ').trim();
}

/** Removes default-ignorable code points outside of emoji sequences, and normalises. Idempotent. */
function removeIgnorable(value: string): string {
  let before;
  let after = value;
  // Composing can end an emoji sequence, and its joiner then goes too: ↔ with U+0338 becomes ↮.
  do {
    before = after;
    after = normalizeText(before.replace(EMOJI_OR_IGNORABLE, '$1'));
  } while (after !== before);
  return after;
}

/** Counts Unicode code points, not UTF-16 code units. */
export function codePoints(value: string): number {
  let count = 0;
  for (const _ of value) count += 1;
  return count;
}

const allowedText = z
  .string()
  .refine((value) => value.isWellFormed(), {
    abort: true,
    ...fieldRule('NOT_ALLOWED', 'Must be well-formed Unicode, without lone surrogates'),
  })
  .overwrite(normalizeText)
  .refine(
    (value) => !CONTROL.test(value),
    fieldRule('NOT_ALLOWED', 'Must not contain control characters'),
  )
  .refine(
    (value) => !NONCHARACTER.test(value),
    fieldRule('NOT_ALLOWED', 'Must not contain noncharacters'),
  )
  .refine(
    (value) => !BIDI_OVERRIDE.test(value),
    fieldRule('NOT_ALLOWED', 'Must not contain bidirectional overrides'),
  );

function limited(schema: z.ZodString, maxLength: number) {
  return schema
    .refine(
      (value) => VISIBLE.test(value),
      fieldRule('TOO_SHORT', 'Must contain a visible character'),
    )
    .refine(
      (value) => codePoints(value) <= maxLength,
      fieldRule('TOO_LONG', `Must be at most ${maxLength} characters`),
    )
    .meta({ description: `1 to ${maxLength} code points after normalising` });
}

/**
 * Typed text, normalised and then checked, so that the limits apply to the stored value.
 * Refuses lone surrogates (PostgreSQL would store U+FFFD), control characters (PostgreSQL refuses
 * U+0000), noncharacters, bidi overrides, and text without a visible character.
 *
 * @param maxLength in code points after normalising
 */
export function text(maxLength: number) {
  return limited(allowedText, maxLength);
}

/**
 * A display name: a label, which authorises nothing. Text without default-ignorable code points outside
 * of emoji sequences, and with a limit on combining marks. `nameKey` compares two of them.
 */
export const displayName = limited(
  allowedText
    .overwrite(removeIgnorable)
    .refine(
      (value) => !TOO_MANY_MARKS.test(value),
      fieldRule(
        'NOT_ALLOWED',
        `Must have at most ${MAX_MARKS} combining marks after one character`,
      ),
    ),
  100,
);
