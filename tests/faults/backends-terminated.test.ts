import { createTestDatabase, waitEvents } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { expectWithin } from '../src/campaign.ts';
import { clientOf, createSession, plainClientOf, reasonFor, sessionInput } from '../src/client.ts';
import { holdLock, terminateBackends } from '../src/hold-lock.ts';
import { createUntilStopped } from '../src/load.ts';
import { startApi } from '@classroom/api/start';

const SERVED_AGAIN_MS = 2_000;

test('an API whose backends are terminated, idle or in a transaction, serves again', async () => {
  await using database = await createTestDatabase();
  await using api = await startApi({ DATABASE_URL: database.url });
  const { create: creation } = plainClientOf(api).sessions;
  const create = () => reasonFor(creation.mutate(sessionInput()));
  const serveAgain = () => expect.poll(create, { interval: 10 }).toBe('none');

  const { code, hostToken } = await createSession(api);
  await terminateBackends(database.url);
  await expectWithin('served after idle backends ended', SERVED_AGAIN_MS, serveAgain);

  const release = await holdLock(database, 'select from sessions for update');
  const { delete: deletion } = plainClientOf(api, hostToken).sessions;
  const reasons = new Set<unknown>();
  const terminating = new AbortController();
  // A busy server refuses a deletion at once, and ends one that waits for two seconds.
  const deleting = (async () => {
    do reasons.add(await reasonFor(deletion.mutate({ code })));
    while (!terminating.signal.aborted);
  })();
  await expect.poll(() => waitEvents(database.db)).toContain('Lock');
  terminating.abort();
  await terminateBackends(database.url);
  await deleting;
  expect([...reasons]).toEqual(['UNAVAILABLE']);
  await expectWithin('served after a transaction ended', SERVED_AGAIN_MS, serveAgain);
  await release();
  expect(await clientOf(api).sessions.get.query({ code })).toMatchObject({ code });
});

test('an API whose backends are terminated under load refuses calls only with UNAVAILABLE', async () => {
  await using database = await createTestDatabase();
  await using api = await startApi({ DATABASE_URL: database.url });
  using load = createUntilStopped(api.url, 10);
  for (let round = 0; round < 5; round += 1) {
    await load.acknowledges(50);
    await terminateBackends(database.url);
  }
  await load.acknowledges(50);
  await load.stop();
  expect(load.unexpected).toEqual([]);
});
