import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { ownOrigins } from './cors.ts';

const on = (address: string, port: number) =>
  ownOrigins([{ address, port, family: address.includes(':') ? 'IPv6' : 'IPv4' }]);

test.each([
  ['127.0.0.1', 3000, ['http://127.0.0.1:3000', 'http://localhost:3000']],
  ['::1', 3000, ['http://[::1]:3000', 'http://localhost:3000']],
  ['192.0.2.1', 80, ['http://192.0.2.1']],
])('a server on %s port %i has the own origins %j', (address, port, origins) => {
  expect([...on(address, port)]).toEqual(origins);
});

test.each(['0.0.0.0', '::'])(
  'a server on %s has every IP address of the machine and localhost as own origins',
  (address) => {
    const hosts = Object.values(networkInterfaces())
      .flatMap((addresses = []) => addresses)
      .map((found) => (found.family === 'IPv6' ? `[${found.address}]` : found.address));
    const expected = ['localhost', ...hosts].map((host) => `http://${host}:3000`);
    expect(on(address, 3000)).toEqual(new Set(expected));
  },
);
