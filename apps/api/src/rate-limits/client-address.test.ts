import { expect, test } from 'vitest';
import { clientAddress, networksOf } from './client-address.ts';

test('an IPv4 address has one key in every notation', () => {
  expect(clientAddress('192.0.2.1')).toBe('192.0.2.1');
  expect(clientAddress('::ffff:192.0.2.1')).toBe('192.0.2.1');
  expect(clientAddress('::ffff:c000:201')).toBe('192.0.2.1');
  expect(clientAddress('192.0.2.2')).not.toBe(clientAddress('192.0.2.1'));
});

test('the addresses of one IPv6 /64 share a key', () => {
  const address = clientAddress('2001:db8:0:1::1');
  expect(clientAddress('2001:db8:0:1:ffff:ffff:ffff:ffff')).toBe(address);
  expect(clientAddress('2001:DB8:0000:0001::2')).toBe(address);
  expect(clientAddress('2001:db8:0:1::2%eth0')).toBe(address);
  expect(clientAddress('2001:db8:0:2::1')).not.toBe(address);
});

test('invalid addresses share a key', () => {
  expect(clientAddress('192.0.2.1:5000')).toBe(clientAddress('192.0.2.1:5001'));
  expect(clientAddress('')).toBe(clientAddress('_hidden'));
});

test.each([
  ['192.0.2.1', ['192.0.2.1']],
  ['::ffff:192.0.2.1', ['192.0.2.1']],
  ['invalid', ['unknown']],
  ['2001:db8:1:abcd::1', ['2001:db8:1:abcd::/64', '2001:db8:1:ab00::/56', '2001:db8:1::/48']],
  ['2001:db8::1', ['2001:db8:0:0::/64', '2001:db8:0:0::/56', '2001:db8:0::/48']],
  ['2001:db8:0:ff::1', ['2001:db8:0:ff::/64', '2001:db8:0:0::/56', '2001:db8:0::/48']],
  ['::1', ['0:0:0:0::/64', '0:0:0:0::/56', '0:0:0::/48']],
])('the networks of %s are %j', (ip, networks) => {
  expect(networksOf(clientAddress(ip))).toEqual(networks);
});
