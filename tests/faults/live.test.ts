import { createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { expectWithin } from '../src/campaign.ts';
import { clientOf, createSession } from '../src/client.ts';
import { terminateBackends } from '../src/hold-lock.ts';
import { startApi } from '@classroom/api/start';
import { subscribe } from '../src/subscribe.ts';

const DELIVERED_MS = 5_000;

test('a subscriber receives a change made after the listening connection was terminated', async () => {
  await using database = await createTestDatabase();
  const env = { DATABASE_URL: database.url };
  await using one = await startApi(env);
  await using other = await startApi(env);
  const { code, hostToken } = await createSession(one);
  using subscription = await subscribe(clientOf(one, hostToken), code);
  await expect.poll(subscription.changes).toHaveLength(1);

  await terminateBackends(database.url, 'classroom listener');
  await expectWithin('delivered without a listening connection', DELIVERED_MS, async () => {
    await clientOf(other, hostToken).sessions.start.mutate({ code });
    await expect.poll(subscription.changes, { interval: 10 }).toHaveLength(2);
  });
  expect(subscription.connections()).toBe(1);
});

test('the subscribers of a process that stops resume in another one without a gap', async () => {
  await using database = await createTestDatabase();
  const env = { DATABASE_URL: database.url };
  await using first = await startApi(env);
  await using other = await startApi(env);
  const { code, hostToken } = await createSession(other);
  using subscription = await subscribe(clientOf(first, hostToken), code);
  await expect.poll(subscription.changes).toHaveLength(1);

  first.child.kill('SIGINT');
  expect(await first.exit).toBe(0);
  await clientOf(other, hostToken).sessions.start.mutate({ code });
  await using _ = await startApi({ ...env, PORT: new URL(first.url).port });
  await expect.poll(subscription.changes, { timeout: 90_000 }).toHaveLength(2);
  // The missed event, rather than a second snapshot.
  expect(subscription.changes().at(-1)?.data).toMatchObject({
    type: 'session',
    session: { status: 'active' },
  });
  expect(subscription.connections()).toBe(2);
  expect(subscription.ended()).toBeUndefined();
});
