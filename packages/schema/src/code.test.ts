import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CODE_ALPHABET, joinCode } from './code.ts';

const generatedCode = fc.string({
  unit: fc.constantFrom(...CODE_ALPHABET.split('')),
  minLength: 5,
  maxLength: 10,
});

test('the alphabet has no vowels, and at most one of each group of look-alikes', () => {
  expect(CODE_ALPHABET).not.toMatch(/[AEIOU]/);
  expect(new Set(CODE_ALPHABET).size).toBe(CODE_ALPHABET.length);
  for (const group of ['0OQD', '1IL', '2Z', '5S', '8B', 'UVY']) {
    const present = group.split('').filter((letter) => CODE_ALPHABET.includes(letter));
    expect(present.length, group).toBeLessThanOrEqual(1);
  }
});

test('parsing ignores case, spaces and hyphens', () => {
  const separators = fc.constantFrom('', ' ', '-', '\u2011', ' – ');
  fc.assert(
    fc.property(generatedCode, separators, (code, separator) => {
      expect(joinCode.parse(code.toLowerCase().split('').join(separator))).toBe(code);
    }),
  );
});

test.each(['', 'CDFG', 'CDFGHJKMNPR', 'CDF_GH', 'CDFGHé', 'ÄDFGH', 'ßßß', 'CDFGı', 'CDFGH\0'])(
  '%j is refused as a join code',
  (typed) => {
    expect(joinCode.safeParse(typed).success).toBe(false);
  },
);

test('a code with characters outside the alphabet is accepted', () => {
  expect(joinCode.parse('aeiou0')).toBe('AEIOU0');
});
