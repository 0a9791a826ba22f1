import { expect, test } from 'vitest';
import { ownOrigins } from './cors.ts';

const at = (address: string, port = 3000) => ({
  address,
  port,
  family: address.includes(':') ? 'IPv6' : 'IPv4',
});

test.each([
  [[at('127.0.0.1')], ['http://127.0.0.1:3000', 'http://localhost:3000']],
  [[at('::1')], ['http://[::1]:3000', 'http://localhost:3000']],
  [[at('192.0.2.1', 80)], ['http://192.0.2.1']],
  [[at('0.0.0.0')], ['http://127.0.0.1:3000', 'http://[::1]:3000', 'http://localhost:3000']],
  [['/run/classroom.sock'], []],
])(
  'a page of %j comes from the addresses themselves, and by no name but localhost',
  (addresses, origins) => {
    expect([...ownOrigins(addresses)]).toEqual(origins);
  },
);
