import { randomUUID } from 'node:crypto';
import { createClient } from '@classroom/client';
import { administer, createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { hear } from '../src/hear.ts';
import { startApi } from '../src/start-api.ts';

const create = (url: string) =>
  createClient({ url: `${url}/trpc` }).sessions.create.mutate({
    title: 'Algebra I',
    hostDisplayName: `Ada ${randomUUID()}`,
  });
const as = (url: string, token: string) => createClient({ url: `${url}/trpc`, token });

test('the connection that listens is killed: nothing is missed, and it is back within 5 s', async () => {
  await using database = await createTestDatabase();
  const env = { DATABASE_URL: database.url };
  await using one = await startApi(env);
  await using other = await startApi(env);
  const { code, hostToken } = await create(one.url);
  using ear = await hear(as(one.url, hostToken), code);
  await expect.poll(() => ear.changes()).toHaveLength(1);

  await administer(
    database.url,
    `select pg_terminate_backend(pid) from pg_stat_activity
     where application_name = 'classroom listener' and datname = current_database()`,
  );
  const started = performance.now();
  await as(other.url, hostToken).sessions.start.mutate({ code });
  await expect.poll(() => ear.changes(), { timeout: 10_000 }).toHaveLength(2);
  const ms = performance.now() - started;
  console.log(`heard ${Math.round(ms)} ms after a change without a listening connection`);
  expect(ms).toBeLessThan(5_000);
  expect(ear.connections()).toBe(1);
});

test('a process is stopped: its listeners go on in another one, and miss nothing', async () => {
  await using database = await createTestDatabase();
  const env = { DATABASE_URL: database.url };
  const first = await startApi(env);
  const port = new URL(first.url).port;
  await using other = await startApi(env);
  const { code, hostToken } = await create(other.url);
  using ear = await hear(as(first.url, hostToken), code);
  await expect.poll(() => ear.changes()).toHaveLength(1);

  first.child.kill('SIGTERM');
  expect(await first.exit).toBe(0);
  await as(other.url, hostToken).sessions.start.mutate({ code });
  await using _ = await startApi({ ...env, PORT: port });
  await expect.poll(() => ear.changes(), { timeout: 15_000 }).toHaveLength(2);
  // What it missed, and not everything anew.
  expect(ear.changes().at(-1)?.data).toMatchObject({
    type: 'session',
    session: { status: 'active' },
  });
  expect(ear.connections()).toBe(2);
  expect(ear.ended()).toBeUndefined();
});
