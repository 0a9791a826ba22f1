import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { deriveToken, hashSecret, issueToken } from './token.ts';

test('a token is 256 bits in base64url, never the same twice, and only its hash is kept', () => {
  for (const key of [undefined, randomUUID()]) {
    const issued = issueToken(key);
    expect(issued.token).toMatch(/^[\w-]{43}$/);
    expect(issued.tokenHash).toEqual(hashSecret(issued.token));
    expect(issueToken(key).token).not.toBe(issued.token);
  }
});

test('key and seed together give the token again', () => {
  const key = randomUUID();
  const { token, tokenSeed } = issueToken(key);
  expect(tokenSeed && deriveToken(key, tokenSeed)).toBe(token);
  expect(tokenSeed && deriveToken(randomUUID(), tokenSeed)).not.toBe(token);
});
