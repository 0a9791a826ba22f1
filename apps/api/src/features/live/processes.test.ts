import { listen } from '@classroom/db';
import { countListeners, useTestDatabase } from '@classroom/db/testing';
import { afterAll, expect, test, vi } from 'vitest';
import { sweepSessions } from '../../jobs/sweep.ts';
import { anEvent, feedOptions, createSession, record } from '../../testing/live.ts';
import { openLiveFeed } from './feed.ts';
import type { RoomsOptions } from './rooms.ts';

const database = await useTestDatabase();
const { db } = database;
const stop = new AbortController();
afterAll(() => stop.abort());
let feeds = 0;

/** Opens a feed as another process would, and waits until it listens. */
async function openFeed(more: Partial<RoomsOptions> = {}, signal = stop.signal) {
  const feed = openLiveFeed({ ...feedOptions(database), ...more }, signal);
  feeds += 1;
  await vi.waitUntil(async () => (await countListeners(db)) === feeds, { timeout: 60_000 });
  return feed;
}

const live = await openFeed();

/** Subscribes to a session in two processes, and waits until both have the presence of both. */
async function subscribeInBoth(signal?: AbortSignal) {
  const { code, sessionId, caller } = await createSession(database);
  const [first, second] = [record(), record()];
  const unsubscribeFirst = (await live.authorize({ code }, caller))(first);
  await expect
    .poll(() => first.events)
    .toContainEqual(anEvent({ type: 'presence', listening: 1, participants: 1 }));
  const other = await openFeed({}, signal);
  const unsubscribeSecond = (await other.authorize({ code }, caller))(second);
  const both = anEvent({ type: 'presence', listening: 2, participants: 2 });
  await expect.poll(() => first.events).toContainEqual(both);
  await expect.poll(() => second.events).toContainEqual(both);
  return { sessionId, other, first, second, unsubscribeFirst, unsubscribeSecond };
}

/** Starts a session without a notification. */
async function startSession(sessionId: number): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ status: 'active', started_at: new Date(), change_number: 1, status_change_number: 1 })
    .where('id', '=', sessionId)
    .execute();
}

test('a process that starts later receives the presence of the earlier process', async () => {
  const { first, unsubscribeFirst, unsubscribeSecond } = await subscribeInBoth();
  unsubscribeSecond();
  await expect
    .poll(() => first.events.at(-1))
    .toEqual(anEvent({ type: 'presence', listening: 1, participants: 1 }));
  unsubscribeFirst();
});

test('a process that stops publishes the end of its streams', async () => {
  const otherStop = new AbortController();
  const { first, other, unsubscribeFirst, unsubscribeSecond } = await subscribeInBoth(
    otherStop.signal,
  );
  unsubscribeSecond();
  otherStop.abort();
  feeds -= 1;
  await other.drain();
  // A presence that is not published expires after 40 seconds.
  await expect
    .poll(() => first.events.at(-1), { timeout: 30_000 })
    .toEqual(anEvent({ type: 'presence', listening: 1, participants: 1 }));
  unsubscribeFirst();
});

test('a change reaches the subscribers of another process by notification', async () => {
  const { sessionId, second, unsubscribeFirst, unsubscribeSecond } = await subscribeInBoth();
  await startSession(sessionId);
  live.notifyChanged(sessionId);
  await expect.poll(() => second.events).toContainEqual(anEvent({ type: 'session' }));
  unsubscribeFirst();
  unsubscribeSecond();
});

test('a change whose notification was lost is found by the regular poll', async () => {
  const { code, sessionId, caller } = await createSession(database);
  const polling = await openFeed({ pollIntervalMs: 100 });
  const subscriber = record();
  const unsubscribe = (await polling.authorize({ code }, caller))(subscriber);
  await expect.poll(() => subscriber.events).toContainEqual(anEvent({ type: 'snapshot' }));
  await startSession(sessionId);
  await expect.poll(() => subscriber.events).toContainEqual(anEvent({ type: 'session' }));
  unsubscribe();
});

test('the presence is published again regularly, in case a message was lost', async () => {
  const { code, sessionId, caller } = await createSession(database);
  const payloads: string[] = [];
  const onNotification = (payload: string) => void payloads.push(payload);
  const ignore = { onConnected: () => {}, onDisconnected: () => {} };
  void listen(
    { url: database.url, channel: 'classroom_live', onNotification, ...ignore },
    stop.signal,
  );
  feeds += 1;
  const repeating = await openFeed({ presenceIntervalMs: 100 });
  const unsubscribe = (await repeating.authorize({ code }, caller))(record());
  const presence = `"listening":[[${sessionId},1,1,1]]`;
  await expect
    .poll(() => payloads.filter((payload) => payload.includes(presence)).length)
    .toBeGreaterThan(2);
  unsubscribe();
});

test('a session ended by the sweep ends the streams of another process', async () => {
  const { sessionId, second } = await subscribeInBoth();
  await db
    .updateTable('sessions')
    .set({ created_at: new Date(0), expires_at: new Date(Date.now() - 1_000) })
    .where('id', '=', sessionId)
    .execute();
  const sweep = new AbortController();
  const { notifyChanged } = live;
  const options = { db, notifyChanged, retentionDays: 30, onError: () => {} };
  const swept = sweepSessions(options, sweep.signal);
  await expect.poll(() => second.ends).toEqual([undefined]);
  sweep.abort();
  await swept;
});
