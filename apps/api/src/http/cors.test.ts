import { networkInterfaces } from 'node:os';
import { countSessions, useTestDatabase } from '@classroom/db/testing';
import { afterAll, expect, test } from 'vitest';
import { buildTestApp } from '../testing/build-test-app.ts';
import { ownOrigins } from './cors.ts';

const database = await useTestDatabase();
const app = await buildTestApp(database);
const { port: ownPort } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
afterAll(() => app.close());

const url = '/trpc/sessions.create';

test.each(['http://localhost:5173', 'http://localhost', 'https://school.example'])(
  'a page of %s is granted CORS',
  async (origin) => {
    const response = await app.inject({
      method: 'OPTIONS',
      url,
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,authorization',
      },
    });
    expect(response.statusCode).toBe(204);
    expect(response.headers['access-control-allow-origin']).toBe(origin);
    // The headers of tRPC's httpBatchStreamLink.
    const granted = String(response.headers['access-control-allow-headers']).split(', ');
    expect(granted).toEqual(expect.arrayContaining(['trpc-accept', 'x-trpc-source']));
  },
);

const create = (origin: string, hostDisplayName: string) =>
  app.inject({
    method: 'POST',
    url,
    headers: { origin, host: new URL(origin === 'null' ? 'http://a' : origin).host },
    payload: { title: 'Algebra I', hostDisplayName },
  });

test.each([
  'https://evil.example',
  'http://localhost.evil.example',
  'https://localhost:5173',
  'https://school.example.evil',
  `http://rebound.example:${ownPort}`,
  'null',
])('a request from a page of %s is refused and does not execute', async (origin) => {
  const response = await create(origin, origin);
  expect(await countSessions(database.db, origin)).toEqual({ all: 0, open: 0 });
  expect(response.statusCode).toBe(403);
  expect(response.json()).toMatchObject({ error: { data: { reason: 'FORBIDDEN' } } });
  expect(response.headers['access-control-allow-origin']).toBeUndefined();
});

test('a page of the server itself may call it, without a grant', async () => {
  const response = await create(`http://127.0.0.1:${ownPort}`, 'Ada');
  expect(response.statusCode).toBe(200);
  expect(response.headers['access-control-allow-origin']).toBeUndefined();
});

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
