import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nameKey } from './name-key.ts';

describe('equal keys', () => {
  test.each([
    ['case', 'Ben', 'BEN'],
    ['a zero width space', 'Ben', 'B\u200ben'],
    ['a zero width space and case', 'ben', 'B\u200bEN'],
    ['sharp s', 'straße', 'STRASSE'],
    ['capital sharp s', 'straße', 'STRA\u1e9eE'],
    ['a ligature', '\ufb01n', 'FIN'],
    ['full-width letters', '\uff22\uff45\uff4e', 'Ben'],
    ['final and medial sigma', 'Οδυσσεύς', 'ΟΔΥΣΣΕΎΣ'],
    ['sigma at the end of each word', 'ΣΑΣ ΣΑΣ', 'σας σασ'],
    ['long s', 'Jo\u017fef', 'JOSEF'],
    ['a dotted capital I and its decomposition', '\u0130da', 'I\u0307da'],
    ['composed and decomposed accents', 'Amélie', 'AME\u0301LIE'],
    ['an iota subscript', '\u1fb3', 'ΑΙ'],
    ['Cherokee', '\uab70', '\u13a0'],
    ['emoji with and without a variation selector', '❤\ufe0f', '❤'],
    ['emoji with and without a joiner', '👩\u200d🏫', '👩🏫'],
    ['what separates a letter from its accent', 'e\u034f\u0301', 'É'],
    ['what separates marks in another order', 'α\u0345\u034f\u0301', 'α\u0301\u0345'],
  ])('%s', (_, one, other) => {
    expect(nameKey(one)).toBe(nameKey(other));
  });
});

describe('different keys', () => {
  test.each([
    ['a Cyrillic letter', 'Ada', 'Ad\u0430'],
    ['dotless i', 'Isa', '\u0131sa'],
    ['an accent', 'Jose', 'José'],
    ['white space', 'Ben Ada', 'BenAda'],
    ['skin tones', '👩🏽', '👩'],
  ])('%s', (_, one, other) => {
    expect(nameKey(one)).not.toBe(nameKey(other));
  });
});

test('the key of a plain name is the name in lower case', () => {
  expect(nameKey('Ada Lovelace 2')).toBe('ada lovelace 2');
});

test('the key of the code point that expands most has 18 code points for each', () => {
  expect(nameKey('\ufdfa'.repeat(100))).toHaveLength(1800);
});

describe('the key of a key is the key', () => {
  const isKey = (value: string) => nameKey(value) === value;

  // Together these say that a second pass changes no string: the parts of a key are keys, and so is
  // each character that normalising composes of them.
  test('for every assigned character, its parts and what they compose', () => {
    const exceptions = Array.from({ length: 0x110000 }, (_, index) => String.fromCodePoint(index))
      .filter((character) => !/[\p{Cn}\p{Co}\p{Cs}]/u.test(character))
      .filter((character) => {
        const key = nameKey(character);
        const parts = character.normalize('NFD');
        const composes = parts.normalize('NFKC') === character && Array.from(parts).every(isKey);
        return (
          !isKey(key) ||
          !Array.from(key.normalize('NFKD')).every(isKey) ||
          (composes && !isKey(character))
        );
      });
    expect(exceptions).toEqual([]);
  });

  test('for random names, whatever their normal form', () => {
    const letters = 'Σ σ ς ß ẞ ı I İ i ſ ǰ ΐ ᾳ ᾼ Α ι ﬁ ﷺ ꭰ Ꭰ \u1100 \u1161'.split(' ');
    const marks = '\u0345 \u0301 \u0308 \u030c \u0307 \u0316 \u034f \u200b \u3164'.split(' ');
    const unit = fc.constantFrom(...letters, ...marks);
    const names = fc.oneof(
      fc.string({ unit, maxLength: 12 }),
      fc.string({ unit: 'binary', maxLength: 100 }),
    );
    fc.assert(
      fc.property(names, (name) => {
        const key = nameKey(name);
        expect(isKey(key)).toBe(true);
        expect(nameKey(name.normalize('NFD'))).toBe(key);
        expect(nameKey(name.normalize('NFKC'))).toBe(key);
        expect(key).not.toMatch(/\p{Default_Ignorable_Code_Point}/u);
      }),
      { numRuns: 1000 },
    );
  });
});
