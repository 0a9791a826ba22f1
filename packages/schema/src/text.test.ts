import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codePoints, displayName, normalizeText, text } from './text.ts';

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

describe('a display name', () => {
  test.each([
    ['a zero width space', 'B\u200ben', 'Ben'],
    ['a zero width joiner between letters', 'B\u200den', 'Ben'],
    ['a zero width non-joiner', 'می\u200cخواهم', 'میخواهم'],
    ['directional marks', '\u200eBen\u200f\u061c', 'Ben'],
    ['a soft hyphen and a combining grapheme joiner', 'B\u00ade\u034fn', 'Ben'],
    ['hangul fillers', 'Ben\u3164\u115f\uffa0', 'Ben'],
    ['tags', 'Ben\u{e0041}', 'Ben'],
    ['variation selectors after letters and digits', 'B\ufe0fen 1\ufe0f\u{e0100}', 'Ben 1'],
    ['all but the first variation selector of an emoji', '❤\ufe0f\ufe0e', '❤\ufe0f'],
    ['joiners at the ends of an emoji', '\u200d👩\u200d', '👩'],
    ['a second joiner within an emoji', '👩\u200d\u200d🏫', '👩🏫'],
    ['a joiner that composing separates from its emoji', '👩\u200d↔\u200b\u0338', '👩↮'],
    ['the white space that the removal leaves', 'Ben \u200b Ada \u200b', 'Ben Ada'],
    ['what separates a letter from its accent', 'Ame\u200b\u0301lie', 'Am\u00e9lie'],
  ])('is stored without %s', (_, typed, stored) => {
    expect(displayName.parse(typed)).toBe(stored);
  });

  test.each([
    ['an emoji with a joiner', '👩\u200d🏫'],
    ['a skin tone before the joiner', '👩🏽\u200d🏫'],
    ['variation selectors and joiners', '🏳\ufe0f\u200d🌈 👁\ufe0f\u200d🗨\ufe0f'],
    ['a family', '👨\u200d👩\u200d👧\u200d👦'],
    ['emoji and text presentation', '❤\ufe0f ❤\ufe0e'],
    ['keycaps', '1\ufe0f\u20e3#\ufe0f\u20e3*\ufe0f\u20e3'],
    ['a flag', '🇫🇷'],
    ['four marks after one letter', 'Ben\u0316\u0317\u0318\u0319'],
    ['marks after each of many letters', 'กี่'.repeat(30)],
  ])('keeps %s', (_, typed) => {
    expect(displayName.parse(typed)).toBe(typed);
  });

  test.each([
    ['default-ignorable code points alone', '\u200b\u3164\ufe0f', 'TOO_SHORT'],
    ['a bidi override', 'a\u202eb', 'NOT_ALLOWED'],
    ['a bidi isolate', 'a\u2066b', 'NOT_ALLOWED'],
    ['a control character', 'a\u0000b', 'NOT_ALLOWED'],
    ['a lone surrogate', 'a\ud800', 'NOT_ALLOWED'],
    ['a noncharacter', 'a\uffffb', 'NOT_ALLOWED'],
    ['five marks after one letter', 'x\u0316\u0317\u0318\u0319\u031c', 'NOT_ALLOWED'],
    ['five marks with joiners between', 'x\u0316\u0317\u200d\u0318\u0319\u031c', 'NOT_ALLOWED'],
    ['101 code points', 'a'.repeat(101), 'TOO_LONG'],
  ])('%s is refused', (_, typed, code) => {
    expect(displayName.safeParse(typed).error?.issues).toMatchObject([{ params: { code } }]);
  });

  test('the limits hold for the text after the removal', () => {
    expect(displayName.parse('a\u200b'.repeat(100))).toBe('a'.repeat(100));
    // The accent composes with its letter, and four marks remain.
    const typed = 'e\u200b\u0301\u0316\u0317\u0318\u0319';
    expect(displayName.parse(typed)).toBe('\u00e9\u0316\u0317\u0318\u0319'.normalize('NFC'));
  });

  test('a title keeps default-ignorable code points and any number of marks', () => {
    const typed = `B\u200be\u200dn\ufe0f x${'\u0316'.repeat(20)}`;
    expect(title.parse(typed)).toBe(typed);
  });
});

describe('properties of any string', () => {
  const anything = fc.string({ unit: 'binary', maxLength: 300 });
  const emojiParts = '👩|🏫|🏽|↔|❤|\ufe0f|\ufe0e|\u200d|\u20e3|1|#'.split('|');
  const others = 'a|e|\u0301|\u0316|\u0338|\u200b|\u034f|\u3164|\ufeff| '.split('|');
  const nearEmoji = fc.string({ unit: fc.constantFrom(...emojiParts, ...others), maxLength: 20 });

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

  test('an accepted display name is a fixed point within the limits', () => {
    fc.assert(
      fc.property(fc.oneof(anything, nearEmoji), (value) => {
        const { data } = displayName.safeParse(value);
        if (data === undefined) return;
        expect(displayName.parse(data)).toBe(data);
        expect(title.parse(data)).toBe(data);
        expect(codePoints(data)).toBeLessThanOrEqual(100);
        expect(data).not.toMatch(/\p{M}{5}/u);
        const kept = /\u200d|\ufe0e|\ufe0f/gu;
        expect(data.replace(kept, '')).not.toMatch(/\p{Default_Ignorable_Code_Point}/u);
      }),
      { numRuns: 5000 },
    );
  });
});
