import { createClient, reasonOf } from '@classroom/client';
import { administer, createTestDatabase, waitEvents } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { startApi } from '../src/start-api.ts';

const SERVED_AGAIN_MS = 2_000;

const terminate = (url: string) =>
  administer(
    url,
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = 'classroom'`,
  );

test('backends terminated, idle and in a transaction: the process lives and serves again', async () => {
  await using database = await createTestDatabase();
  await using api = await startApi({ DATABASE_URL: database.url });
  const url = `${api.url}/trpc`;
  const anyone = createClient({ url });
  const create = () =>
    anyone.sessions.create.mutate({ title: 'T', hostDisplayName: crypto.randomUUID() });
  const servedAgain = async () => {
    const since = performance.now();
    await expect
      .poll(() => create().then(() => 'created', reasonOf), {
        timeout: SERVED_AGAIN_MS,
        interval: 10,
      })
      .toBe('created');
    return Math.round(performance.now() - since);
  };

  const { code, hostToken } = await create();
  await terminate(database.url);
  const afterIdle = await servedAgain();

  // Deleting takes a transaction; a lock holds it up in the middle.
  const locked = administer(
    database.url,
    'begin; select from sessions for update; select pg_sleep(2); commit',
  );
  const waits = () => waitEvents(database.db);
  await expect.poll(waits).toContain('Timeout');
  const deleting = createClient({ url, token: hostToken })
    .sessions.delete.mutate({ code })
    .then(() => 'deleted', reasonOf);
  await expect.poll(waits).toContain('Lock');
  await terminate(database.url);
  expect(await deleting).toBe('UNAVAILABLE');
  const afterTransaction = await servedAgain();
  await locked;
  console.log(`served again after ${afterIdle} ms and ${afterTransaction} ms`);
  expect(await anyone.sessions.get.query({ code })).toMatchObject({ code });
});
