import { createDatabaseOn, createPool } from '@classroom/db';
import { lockSessions, useTestDatabase } from '@classroom/db/testing';
import { afterAll, expect, test } from 'vitest';
import { buildTestApp } from '../testing/build-test-app.ts';

const { db: admin, url } = await useTestDatabase();
// A call that times out would leave room in the queue.
const pool = createPool(url, {
  max: 2,
  maxWaiting: 3,
  statementTimeoutMs: 60_000,
  connectTimeoutMs: 60_000,
});
const db = createDatabaseOn(pool);
afterAll(() => db.destroy());
const origin = 'https://school.example';

test('while the queue for database connections is full, every request but health checks is refused', async () => {
  const lines: string[] = [];
  const app = await buildTestApp({ db, pool, url }, (line) => void lines.push(line));
  const get = (path: string, headers = {}) =>
    app.inject({ url: path, headers: { origin, ...headers } });
  const unlock = await lockSessions(admin);
  const waiting = Promise.all(Array.from({ length: 8 }, () => get('/api/sessions/CCCCCC')));
  const getWhileFull = async (path: string, headers = {}) => {
    await expect.poll(() => pool.usage().isQueueFull, { interval: 1 }).toBe(true);
    return await get(path, headers);
  };

  const input = '/trpc/sessions.get?input={"code":"CCCCCC"}';
  const ids: unknown[] = [];
  for (const refused of [
    await getWhileFull(input),
    await getWhileFull(input, { accept: 'text/event-stream' }),
    await getWhileFull('/trpc/sessions.events?input={"code":"CCCCCC"}'),
  ]) {
    ids.push(refused.headers['x-request-id']);
    expect(refused.statusCode).toBe(503);
    expect(refused.headers).toMatchObject({
      'retry-after': '1',
      'cache-control': 'no-store',
      'x-request-id': expect.any(String),
      'access-control-allow-origin': origin,
      'access-control-expose-headers': expect.stringContaining('retry-after'),
    });
    expect(refused.json()).toMatchObject({
      error: { data: { reason: 'UNAVAILABLE', httpStatus: 503, retryAfterSeconds: 1 } },
    });
  }
  const rest = await getWhileFull('/api/sessions/CCCCCC');
  expect(rest.statusCode).toBe(503);
  expect(rest.json()).toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    data: { reason: 'UNAVAILABLE', retryAfterSeconds: 1 },
  });
  // Refusals are counted, and not logged.
  ids.push(rest.headers['x-request-id']);
  expect(lines.filter((line) => ids.some((id) => line.includes(String(id))))).toEqual([]);
  for (const path of ['/livez', '/readyz', '/metrics']) {
    expect((await get(path)).statusCode, path).toBe(200);
  }
  const [, shed] = /\{route="shed",status="503"\} (\d+)/.exec((await get('/metrics')).body) ?? [];
  expect(Number(shed)).toBeGreaterThanOrEqual(ids.length);

  await unlock();
  for (const { statusCode } of await waiting) expect([404, 503]).toContain(statusCode);
  await expect.poll(async () => (await get(input)).statusCode).toBe(404);
  await app.close();
});

test('requests are refused while the event loop is late', async () => {
  const app = await buildTestApp({ db, pool, url }, () => {}, true);
  const status = async (path: string) => (await app.inject(path)).statusCode;
  await app.ready();
  const statusWhileBlocked = async () => {
    for (const end = performance.now() + 400; performance.now() < end;);
    // One turn of the event loop, in which its delay may be sampled.
    await new Promise((resolve) => setTimeout(resolve, 1));
    return await status('/api/sessions/CCCCCC');
  };
  await expect.poll(statusWhileBlocked, { interval: 1 }).toBe(503);
  expect(await status('/livez')).toBe(200);
  await expect.poll(() => status('/api/sessions/CCCCCC')).toBe(404);
  await app.close();
});
