import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { createTestDatabase, lockSessions } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { buildTestApp } from '../testing/build-test-app.ts';

/** More than are let in at once. */
const AT_ONCE = 700;
const PATH = '/trpc/sessions.get?input={"code":"CCCCCC"}';

test('while too many are in flight, the rest is refused soon and told when to come', async () => {
  await using database = await createTestDatabase();
  const app = await buildTestApp(database);
  const url = await app.listen({ port: 0 });
  const get = (path: string) =>
    fetch(`${url}${path}`, { headers: { origin: 'https://school.example' } });

  const unlock = await lockSessions(database.db);
  const statuses = askAllAtOnce(new URL(url));
  await expect
    .poll(async () => (await get('/metrics')).text(), { timeout: 5_000 })
    .toMatch(/^classroom_http_requests_total\{route="shed",status="503"\} [1-9]/m);
  const refused = await get(PATH);
  expect(refused.status).toBe(503);
  expect(Object.fromEntries(refused.headers)).toMatchObject({
    'retry-after': '1',
    'cache-control': 'no-store',
    'x-request-id': expect.any(String),
    'access-control-allow-origin': 'https://school.example',
    'access-control-expose-headers': expect.stringContaining('retry-after'),
  });
  expect(await refused.json()).toMatchObject({
    error: { data: { reason: 'UNAVAILABLE', httpStatus: 503, retryAfterSeconds: 1 } },
  });
  // Over REST in the form of REST.
  const rest = await get('/api/sessions/CCCCCC');
  expect(rest.status).toBe(503);
  expect(await rest.json()).toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    data: { reason: 'UNAVAILABLE', retryAfterSeconds: 1 },
  });
  expect((await get('/livez')).status).toBe(200);

  await unlock();
  const answered = await statuses;
  expect(answered).toHaveLength(AT_ONCE);
  expect(answered.filter((status) => status === '404').length).toBeGreaterThan(200);
  expect(new Set(answered)).toEqual(new Set(['404', '503']));
  await expect.poll(async () => (await get(PATH)).status, { timeout: 10_000 }).toBe(404);
  await app.close();
});

/** All in one piece over one connection, and the status of each answer. */
async function askAllAtOnce({ hostname, port }: URL): Promise<string[]> {
  const socket = connect(Number(port), hostname);
  const ask = (connection: string) =>
    `GET ${encodeURI(PATH)} HTTP/1.1\r\nhost: ${hostname}\r\nconnection: ${connection}\r\n\r\n`;
  socket.write(ask('keep-alive').repeat(AT_ONCE - 1) + ask('close'));
  return [...(await text(socket)).matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status = '']) => status);
}
