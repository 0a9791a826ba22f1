import { networkInterfaces } from 'node:os';
import { countSessions, useTestDatabase } from '@classroom/db/testing';
import { afterAll, expect, test } from 'vitest';
import { buildTestApp } from '../testing/build-test-app.ts';
import { ownOrigins } from './cors.ts';

const database = await useTestDatabase();
const lines: string[] = [];
const app = await buildTestApp(database, (line) => lines.push(line));
const { port: ownPort } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
afterAll(() => app.close());

const url = '/trpc/sessions.create';

test.each([
  'http://localhost:5173',
  'http://localhost',
  'http://[::1]:5173',
  'http://[::1]',
  'https://school.example',
])('a page of %s is granted CORS', async (origin) => {
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
});

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

test.each([`http://127.0.0.1:${ownPort}`, 'https://classroom.example'])(
  'a page of the server itself at %s may call it, without a grant',
  async (origin) => {
    const response = await create(origin, `Ada of ${origin}`);
    expect(response.statusCode).toBe(200);
    expect(response.headers['access-control-allow-origin']).toBeUndefined();
  },
);

test('a refused origin is logged once, with the name of the setting', async () => {
  const origin = 'https://logged.example';
  for (let n = 0; n < 3; n += 1) await create(origin, origin);
  const warnings = lines.filter((line) => line.includes(origin));
  expect(warnings.map((line): unknown => JSON.parse(line))).toMatchObject([
    { level: 40, origin, msg: expect.stringContaining('CORS_ORIGINS') },
  ]);
});

test('origins of any number and length fill neither the log nor the memory', async () => {
  const long = `https://${'a'.repeat(10_000)}.example`;
  for (const origin of [long, `${long}/again`]) await app.inject({ url, headers: { origin } });
  for (let n = 0; n < 200; n += 1) {
    await app.inject({ url, headers: { origin: `https://${n}.example` } });
  }
  const warnings = lines.filter((line) => line.includes('CORS_ORIGINS'));
  expect(warnings).toHaveLength(100);
  expect(Math.max(...warnings.map((line) => line.length))).toBeLessThan(600);
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
