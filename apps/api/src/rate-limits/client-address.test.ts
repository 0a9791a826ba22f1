import { expect, test } from 'vitest';
import { clientAddress } from './client-address.ts';

test('an IPv4 address counts for itself, however it is written', () => {
  expect(clientAddress('192.0.2.1')).toBe('192.0.2.1');
  expect(clientAddress('::ffff:192.0.2.1')).toBe('192.0.2.1');
  expect(clientAddress('::ffff:c000:201')).toBe('192.0.2.1');
  expect(clientAddress('192.0.2.2')).not.toBe(clientAddress('192.0.2.1'));
});

test('the addresses of one IPv6 /64 are one', () => {
  const address = clientAddress('2001:db8:0:1::1');
  expect(clientAddress('2001:db8:0:1:ffff:ffff:ffff:ffff')).toBe(address);
  expect(clientAddress('2001:DB8:0000:0001::2')).toBe(address);
  expect(clientAddress('2001:db8:0:1::2%eth0')).toBe(address);
  expect(clientAddress('2001:db8:0:2::1')).not.toBe(address);
});

test('what is no address does not count as a new one each time', () => {
  expect(clientAddress('192.0.2.1:5000')).toBe(clientAddress('192.0.2.1:5001'));
  expect(clientAddress('')).toBe(clientAddress('_hidden'));
});
