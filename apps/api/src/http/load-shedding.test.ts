import { createDatabaseOn, createPool } from '@classroom/db';
import { lockSessions, useTestDatabase } from '@classroom/db/testing';
import { afterAll, expect, test } from 'vitest';
import { buildTestApp } from '../testing/build-test-app.ts';

const { db: admin, url } = await useTestDatabase();
const pool = createPool(url, { max: 2, maxWaiting: 3, statementTimeoutMs: 60_000 });
const db = createDatabaseOn(pool);
afterAll(() => db.destroy());
const origin = 'https://school.example';

test('while the queue for database connections is full, every request but health checks is refused', async () => {
  const lines: string[] = [];
  const app = await buildTestApp({ db, pool, url }, (line) => void lines.push(line));
  const get = (path: string, headers = {}) =>
    app.inject({ url: path, headers: { origin, ...headers } });
  const unlock = await lockSessions(admin);
  const waiting = Array.from({ length: 5 }, () => get('/api/sessions/CCCCCC'));
  await expect.poll(() => pool.usage().isQueueFull).toBe(true);
  lines.length = 0;

  const input = '/trpc/sessions.get?input={"code":"CCCCCC"}';
  for (const refused of [
    await get(input),
    await get(input, { accept: 'text/event-stream' }),
    await get('/trpc/sessions.events?input={"code":"CCCCCC"}'),
  ]) {
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
  const rest = await get('/api/sessions/CCCCCC');
  expect(rest.statusCode).toBe(503);
  expect(rest.json()).toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    data: { reason: 'UNAVAILABLE', retryAfterSeconds: 1 },
  });
  // Refusals are counted, not logged.
  expect(lines).toEqual([]);
  for (const path of ['/livez', '/readyz', '/metrics']) {
    expect((await get(path)).statusCode, path).toBe(200);
  }
  expect((await get('/metrics')).body).toContain(
    'classroom_http_requests_total{route="shed",status="503"} 4',
  );

  await unlock();
  // On a slow machine, a call may have waited longer than the connection timeout.
  for (const { statusCode } of await Promise.all(waiting)) expect([404, 503]).toContain(statusCode);
  await expect.poll(async () => (await get(input)).statusCode).toBe(404);
  await app.close();
});

test('requests are refused while the event loop is late', async () => {
  const app = await buildTestApp({ db, pool, url });
  const status = async (path: string) => (await app.inject(path)).statusCode;
  await app.ready();
  for (let blocks = 0; !app.isUnderPressure() && blocks < 50; blocks += 1) {
    for (const end = performance.now() + 400; performance.now() < end;);
    // One turn of the event loop, in which its delay may be sampled.
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  expect(await status('/api/sessions/CCCCCC')).toBe(503);
  expect(await status('/livez')).toBe(200);
  await expect.poll(() => status('/api/sessions/CCCCCC')).toBe(404);
  await app.close();
});
