import { randomUUID } from 'node:crypto';
import { createClient, reasonOf } from '@classroom/client';
import { administer, createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { spawnApi, startApi } from '../src/start-api.ts';
import { startTcpProxy } from '../src/tcp-proxy.ts';

const input = () => ({ title: 'Algebra I', hostDisplayName: `Ada ${randomUUID()}` });

test('a database that hangs is UNAVAILABLE within 5 s, and well again within 10 s', async () => {
  await using database = await createTestDatabase();
  await using proxy = await startTcpProxy(database.url);
  await using api = await startApi({ DATABASE_URL: proxy.url });
  const client = createClient({ url: `${api.url}/trpc` });
  await client.sessions.create.mutate(input());

  proxy.setHanging(true);
  for (const _ of ['on a pooled connection', 'on a new one']) {
    const started = performance.now();
    const response = await fetch(`${api.url}/trpc/sessions.create`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(input()),
    });
    console.log(`refused after ${Math.round(performance.now() - started)} ms`);
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await response.json()).toMatchObject({
      error: { data: { reason: 'UNAVAILABLE', retryAfterSeconds: 1 } },
    });
  }
  expect((await fetch(`${api.url}/livez`)).status).toBe(200);
  expect((await fetch(`${api.url}/readyz`)).status).toBe(503);

  proxy.setHanging(false);
  await expect
    .poll(() => client.sessions.create.mutate(input()).then(() => 'created', reasonOf), {
      timeout: 10_000,
    })
    .toBe('created');
});

test('backends that are terminated under load cost some calls, and not the process', async () => {
  await using database = await createTestDatabase();
  await using api = await startApi({ DATABASE_URL: database.url });
  const client = createClient({ url: `${api.url}/trpc` });
  const stop = new AbortController();
  const outcomes: (string | undefined)[] = [];
  const load = Array.from({ length: 10 }, async () => {
    while (!stop.signal.aborted) {
      outcomes.push(await client.sessions.create.mutate(input()).then(() => 'created', reasonOf));
    }
  });
  for (let round = 0; round < 5; round += 1) {
    await administer(
      database.url,
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'classroom'`,
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  stop.abort();
  await Promise.all(load);

  const known = new Set(['created', 'UNAVAILABLE']);
  expect(outcomes.filter((outcome) => !known.has(outcome ?? ''))).toEqual([]);
  expect(await client.sessions.create.mutate(input())).toMatchObject({ status: 'draft' });
});

test('a start that waits for the database can be interrupted', async () => {
  await using database = await createTestDatabase();
  await using proxy = await startTcpProxy(database.url);
  proxy.setHanging(true);
  const api = spawnApi({ DATABASE_URL: proxy.url });
  await expect.poll(() => proxy.taken(), { timeout: 30_000 }).toBeGreaterThan(0);
  api.child.kill('SIGTERM');
  const asked = performance.now();
  expect([0, 1]).toContain(await api.exit);
  expect(performance.now() - asked).toBeLessThan(10_500);
});
