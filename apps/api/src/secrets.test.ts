import { randomUUID } from 'node:crypto';
import { CODE_ALPHABET, joinCode } from '@classroom/schema';
import { expect, test } from 'vitest';
import { createToken, deriveToken, generateCode, hashSecret } from './secrets.ts';

test('createToken returns 256 random bits in base64url with their hash', () => {
  for (const key of [undefined, randomUUID()]) {
    const created = createToken(key);
    expect(created.token).toMatch(/^[\w-]{43}$/);
    expect(created.tokenHash).toEqual(hashSecret(created.token));
    expect(createToken(key).token).not.toBe(created.token);
  }
});

test('deriveToken returns the token of an idempotency key and its seed', () => {
  const key = randomUUID();
  const { token, tokenSeed } = createToken(key);
  expect(tokenSeed && deriveToken(key, tokenSeed)).toBe(token);
  expect(tokenSeed && deriveToken(randomUUID(), tokenSeed)).not.toBe(token);
});

test.each([5, 6, 10])('a generated code of length %i is a normalised join code', (length) => {
  for (let n = 0; n < 100; n += 1) {
    const code = generateCode(length);
    expect(code).toHaveLength(length);
    expect(joinCode.parse(code)).toBe(code);
  }
});

test('generateCode is unbiased', () => {
  const length = 46_000;
  const counts = new Map<string, number>();
  for (const letter of generateCode(length)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  const expected = length / CODE_ALPHABET.length;
  expect(counts.size).toBe(CODE_ALPHABET.length);
  // Ten standard deviations: a biased generator fails, and an unbiased one does not by chance.
  for (const count of counts.values()) {
    expect(Math.abs(count - expected)).toBeLessThan(10 * Math.sqrt(expected));
  }
});
