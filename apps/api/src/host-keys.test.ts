import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { deriveHostKey, hashHostKey, newHostKey, optionalHostKeyHash } from './host-keys.ts';
import { createToken } from './secrets.ts';

const FORMAT = /^([0-9A-HJKMNP-TV-Z]{4}-){7}[0-9A-HJKMNP-TV-Z]{4}$/;

test('newHostKey returns 160 random bits in base32 with their hash', () => {
  for (const idempotencyKey of [undefined, randomUUID()]) {
    const { hostKey, keyHash } = newHostKey(idempotencyKey);
    expect(hostKey).toMatch(FORMAT);
    expect(keyHash).toEqual(hashHostKey(hostKey));
    expect(newHostKey(idempotencyKey).hostKey).not.toBe(hostKey);
  }
});

test('the characters of host keys are all of the alphabet, at every position', () => {
  const keys = Array.from({ length: 1_000 }, () => newHostKey().hostKey);
  for (let at = 0; at < 39; at += 1) {
    const found = new Set(keys.map((key) => key.charAt(at)));
    expect(found.size).toBe(at % 5 === 4 ? 1 : 32);
  }
});

test('deriveHostKey returns the key of an idempotency key and its seed', () => {
  const idempotencyKey = randomUUID();
  const { hostKey, keySeed } = newHostKey(idempotencyKey);
  expect(keySeed && deriveHostKey(idempotencyKey, keySeed)).toBe(hostKey);
  expect(keySeed && deriveHostKey(randomUUID(), keySeed)).not.toBe(hostKey);
});

test('hashHostKey ignores case, hyphens and spaces, and reads letters as the digits they resemble', () => {
  const key = '0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV-WXYZ';
  for (const typed of [key.toLowerCase(), key.replaceAll('-', ' '), key.replace('01', 'Ol')]) {
    expect(hashHostKey(typed)).toEqual(hashHostKey(key));
  }
  expect(hashHostKey(key.replace('01', 'oI'))).toEqual(hashHostKey(key));
  expect(hashHostKey(key.replace('Z', 'Y'))).not.toEqual(hashHostKey(key));
});

test('optionalHostKeyHash ignores other tokens, but not a mistyped key', () => {
  expect(optionalHostKeyHash(undefined)).toBeNull();
  const sessionTokens = [createToken().token, `${'-'.repeat(9)}${'A'.repeat(33)}a`];
  for (const token of [...sessionTokens, '1', 'nonsense', 'A'.repeat(64)]) {
    expect(optionalHostKeyHash(token)).toBeNull();
  }
  const { hostKey, keyHash } = newHostKey();
  expect(optionalHostKeyHash(hostKey)).toEqual(keyHash);
  const half = hostKey.slice(0, 19);
  for (const token of [
    hostKey.slice(1),
    half,
    `${hostKey}7`,
    `${hostKey}-${half}`,
    `"${hostKey}"`,
  ]) {
    expect(optionalHostKeyHash(token)).toBeInstanceOf(Buffer);
  }
  for (const between of ['.', '_', '/', '\u00ad', '\u00e2\u0080\u0093']) {
    expect(optionalHostKeyHash(hostKey.replaceAll('-', between))).toBeInstanceOf(Buffer);
  }
});

test('optionalHostKeyHash knows a key in as many characters as a session token', () => {
  const { hostKey, keyHash } = newHostKey();
  for (const typed of [`${hostKey}----`, `${hostKey.toLowerCase()}----`]) {
    expect(typed).toHaveLength(43);
    expect(optionalHostKeyHash(typed)).toEqual(keyHash);
  }
});
