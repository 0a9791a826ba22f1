import { administer, createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { buildTestApp } from '../testing/build-test-app.ts';

test('while too many wait for the database, the rest is refused at once and told when to come', async () => {
  await using database = await createTestDatabase({ max: 1, maxWaiting: 1_000 });
  const app = await buildTestApp(database);
  const url = await app.listen({ port: 0 });
  const get = (path: string) =>
    fetch(`${url}${path}`, { headers: { origin: 'https://school.example' } });

  // The table that all of these queries want is locked, so that the queue stays long.
  const lock = 'begin; lock table sessions; select pg_sleep(1.5); commit';
  const locked = administer(database.url, lock);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const busy = Array.from({ length: 12 }, () =>
    database.db.selectFrom('sessions').select('id').execute(),
  );
  expect((await get('/trpc/sessions.get?input={}')).status).toBe(400);
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const refused = await get('/trpc/sessions.get?input={}');
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
  expect((await get('/livez')).status).toBe(200);
  expect(await (await get('/metrics')).text()).toContain(
    'classroom_http_requests_total{route="shed",status="503"} 1',
  );

  await Promise.all([locked, ...busy]);
  expect((await get('/trpc/sessions.get?input={}')).status).toBe(400);
  await app.close();
});
