import { expect, test } from 'vitest';
import { createAddressHash } from './address-hash.ts';

const NOON = Date.parse('2026-06-01T12:00:00Z');
const LAST_MOMENT = Date.parse('2026-06-01T23:59:59.999Z');
const MIDNIGHT = Date.parse('2026-06-02T00:00:00Z');

test('an address has one hash of 16 hexadecimal digits until UTC midnight, and then another', () => {
  let now = NOON;
  const hashAddress = createAddressHash(() => now);
  const hash = hashAddress('192.0.2.1');
  expect(hash).toMatch(/^[\da-f]{16}$/);
  now = LAST_MOMENT;
  expect(hashAddress('192.0.2.1')).toBe(hash);
  now = MIDNIGHT;
  const next = hashAddress('192.0.2.1');
  expect(next).toMatch(/^[\da-f]{16}$/);
  expect(next).not.toBe(hash);
  expect(hashAddress('192.0.2.1')).toBe(next);
  // A clock that is set back does not bring an old key back.
  now = LAST_MOMENT;
  expect(hashAddress('192.0.2.1')).not.toBe(hash);
});

test('addresses are told apart as rate limits do', () => {
  const hashAddress = createAddressHash();
  expect(hashAddress('192.0.2.2')).not.toBe(hashAddress('192.0.2.1'));
  expect(hashAddress('::ffff:192.0.2.1')).toBe(hashAddress('192.0.2.1'));
  expect(hashAddress('2001:db8::2')).toBe(hashAddress('2001:db8::1'));
  expect(hashAddress('2001:db8:0:1::1')).not.toBe(hashAddress('2001:db8::1'));
});

test('two processes hash an address differently', () => {
  expect(createAddressHash()('192.0.2.1')).not.toBe(createAddressHash()('192.0.2.1'));
});

test('an address keeps its hash after more addresses than the cache holds', () => {
  const hashAddress = createAddressHash(() => NOON);
  const hash = hashAddress('192.0.2.1');
  const all = Array.from({ length: 20_001 }, (_, n) => hashAddress(`10.0.${n >> 8}.${n & 255}`));
  expect(new Set(all).size).toBe(all.length);
  expect(hashAddress('192.0.2.1')).toBe(hash);
});
