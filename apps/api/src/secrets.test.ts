import { randomUUID } from 'node:crypto';
import { CODE_ALPHABET, joinCode } from '@classroom/schema';
import { expect, test } from 'vitest';
import { deriveToken, generateCode, hashSecret, createToken } from './secrets.ts';

test('a token is 256 bits in base64url, never the same twice, and only its hash is kept', () => {
  for (const key of [undefined, randomUUID()]) {
    const issued = createToken(key);
    expect(issued.token).toMatch(/^[\w-]{43}$/);
    expect(issued.tokenHash).toEqual(hashSecret(issued.token));
    expect(createToken(key).token).not.toBe(issued.token);
  }
});

test('key and seed together give the token again', () => {
  const key = randomUUID();
  const { token, tokenSeed } = createToken(key);
  expect(tokenSeed && deriveToken(key, tokenSeed)).toBe(token);
  expect(tokenSeed && deriveToken(randomUUID(), tokenSeed)).not.toBe(token);
});

test.each([5, 6, 10])('a code of length %i is of the alphabet and reads as it is', (length) => {
  for (let n = 0; n < 100; n += 1) {
    const code = generateCode(length);
    expect(code).toHaveLength(length);
    expect(joinCode.parse(code)).toBe(code);
  }
});

test('every letter comes up about equally often', () => {
  const draws = 46_000;
  const counts = new Map<string, number>();
  for (const letter of generateCode(draws)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  const expected = draws / CODE_ALPHABET.length;
  expect(counts.size).toBe(CODE_ALPHABET.length);
  // Ten standard deviations: it fails for a biased draw and not by chance.
  for (const count of counts.values()) {
    expect(Math.abs(count - expected)).toBeLessThan(10 * Math.sqrt(expected));
  }
});
