import { administer, createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { buildTestApp } from '../testing/build-test-app.ts';

/** More than are let in at once. */
const AT_ONCE = 700;

test('while too many are in flight, the rest is refused soon and told when to come', async () => {
  await using database = await createTestDatabase();
  const app = await buildTestApp(database);
  const url = await app.listen({ port: 0 });
  const get = (path: string) =>
    fetch(`${url}${path}`, { headers: { origin: 'https://school.example' } });
  const ask = () => get('/trpc/sessions.get?input={"code":"CCCCCC"}');

  // The table that all of them want is locked, so that nobody is answered.
  const lock = 'begin; lock table sessions; select pg_sleep(1.5); commit';
  const locked = administer(database.url, lock);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const asked = Array.from({ length: AT_ONCE }, ask);
  const refused = await Promise.any(
    asked.map(async (answer) => {
      const response = await answer;
      if (response.status !== 503) throw new Error('This one was let in');
      return response;
    }),
  );
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
  expect(await rest.json()).toMatchObject({ reason: 'UNAVAILABLE', retryAfterSeconds: 1 });
  expect((await get('/livez')).status).toBe(200);
  expect(await (await get('/metrics')).text()).toMatch(
    /^classroom_http_requests_total\{route="shed",status="503"\} [1-9]/m,
  );

  await locked;
  const statuses = (await Promise.all(asked)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 404).length).toBeGreaterThan(200);
  expect(new Set(statuses)).toEqual(new Set([404, 503]));
  await expect.poll(async () => (await ask()).status, { timeout: 10_000 }).toBe(404);
  await app.close();
});
