import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codePoints, normalizeText, text } from './text.ts';

const title = text(200);
const accepts = (value: unknown) => title.safeParse(value).success;

describe('text is normalised before it is checked', () => {
  test.each([
    ['trims and folds inner white space', '  Algebra \t\n  I ', 'Algebra I'],
    ['folds every kind of white space', '\u2003a\u3000\u00a0b\u2028', 'a b'],
    ['composes to NFC', 'Ame\u0301lie', 'Am\u00e9lie'],
    ['keeps other scripts and emoji sequences', 'حساب 数学 👩‍🏫', 'حساب 数学 👩‍🏫'],
  ])('%s', (_, typed, stored) => {
    expect(title.parse(typed)).toBe(stored);
  });

  test('the limit holds for the normalised text', () => {
    expect(accepts(` ${'a'.repeat(200)} `)).toBe(true);
    expect(accepts('e\u0301'.repeat(200))).toBe(true);
    expect(accepts('a'.repeat(201))).toBe(false);
    // U+FB2C grows to three code points in NFC.
    expect(accepts('\ufb2c'.repeat(100))).toBe(false);
  });

  test('the limit counts code points', () => {
    expect(accepts('👍'.repeat(200))).toBe(true);
    expect(accepts('👍'.repeat(201))).toBe(false);
  });
});

describe('text that PostgreSQL refuses or changes, or that is invisible', () => {
  test.each([
    ['an empty string', ''],
    ['white space alone', ' \t\n'],
    ['NUL', 'a\u0000b'],
    ['an escape', 'a\u001b[31mb'],
    ['DEL', 'a\u007f'],
    ['a C1 control', 'a\u0085b'],
    ['a lone high surrogate', 'a\ud800'],
    ['a lone low surrogate', '\udc00a'],
    ['a noncharacter', 'a\uffffb'],
    ['a noncharacter of another plane', 'a\u{1fffe}b'],
    ['a bidi override', 'a\u202eb'],
    ['a bidi isolate', 'a\u2066b'],
    ['zero width spaces alone', '\u200b\u200b'],
    ['a braille blank alone', '\u2800'],
    ['a hangul filler alone', '\u3164'],
    ['a byte order mark alone', '\ufeff'],
    ['variation selectors alone', '\ufe0f\u{e0100}'],
    ['tags alone', '\u{e0041}\u{e0042}'],
    ['a number', 5],
    ['null', null],
  ])('%s is refused', (_, value) => {
    expect(accepts(value)).toBe(false);
  });

  test.each([
    ['a zero width joiner within an emoji', '👩‍🏫'],
    ['a zero width non-joiner within Persian', 'می‌خواهم'],
    ['a right-to-left mark beside Hebrew', 'שלום\u200f!'],
  ])('%s is accepted', (_, value) => {
    expect(accepts(value)).toBe(true);
  });
});

describe('properties of any string', () => {
  const anything = fc.string({ unit: 'binary', maxLength: 300 });

  test('normalising is idempotent', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const once = normalizeText(value);
        expect(normalizeText(once)).toBe(once);
      }),
      { numRuns: 2000 },
    );
  });

  test('accepted text is a fixed point within the limit', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const { data } = title.safeParse(value);
        if (data === undefined) return;
        expect(title.parse(data)).toBe(data);
        expect(codePoints(data)).toBeGreaterThan(0);
        expect(codePoints(data)).toBeLessThanOrEqual(200);
        expect(data).not.toMatch(/\p{Cc}|\p{Cs}/u);
      }),
      { numRuns: 2000 },
    );
  });
});
