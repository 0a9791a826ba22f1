import { revokeDeviceAsHost } from '@classroom/db';
import { countListeners, pairDevice, useTestDatabase } from '@classroom/db/testing';
import { afterAll, expect, test, vi } from 'vitest';
import { anEvent, createSession, feedOptions, record } from '../../testing/live.ts';
import { type LiveFeed, openLiveFeed } from './feed.ts';
import type { RoomsOptions } from './rooms.ts';

const database = await useTestDatabase();
const { db } = database;
const stop = new AbortController();
afterAll(() => stop.abort());
let feeds = 0;

/** Opens a feed as another process would, and waits until it listens. */
async function openFeed(more: Partial<RoomsOptions> = {}) {
  const feed = openLiveFeed({ ...feedOptions(database), ...more }, stop.signal);
  feeds += 1;
  await vi.waitUntil(async () => (await countListeners(db)) === feeds, { timeout: 60_000 });
  return feed;
}

const [here, elsewhere] = [
  await openFeed({ maxPerSession: 20 }),
  await openFeed({ maxPerSession: 20 }),
];

/** Subscribes, and waits for the snapshot. */
async function subscribe(feed: LiveFeed, code: string, tokenHash: Buffer) {
  const subscriber = record();
  const subscribeNow = await feed.authorize({ code }, { tokenHash, address: '192.0.2.1' });
  const unsubscribe = subscribeNow(subscriber);
  await expect.poll(() => subscriber.events).toContainEqual(anEvent({ type: 'snapshot' }));
  return { ...subscriber, unsubscribe };
}
const revoke = (code: string, tokenHash: Buffer, deviceId: number) =>
  db.transaction().execute((each) => revokeDeviceAsHost(each, { code, tokenHash, deviceId }));

test.each(['host', 'moderator', 'viewer'] as const)(
  'the streams of a revoked %s end in every process, and those of other devices stay open',
  async (role) => {
    const { code, sessionId, caller: host } = await createSession(database);
    const session = { code, tokenHash: host.tokenHash };
    const revoked = await pairDevice(db, session, role);
    const tokens = [host.tokenHash, (await pairDevice(db, session, role)).tokenHash];
    const open: Awaited<ReturnType<typeof subscribe>>[] = [];
    const ended: typeof open = [];
    for (const feed of [here, elsewhere]) {
      for (const tokenHash of tokens) open.push(await subscribe(feed, code, tokenHash));
      ended.push(await subscribe(feed, code, revoked.tokenHash));
    }
    await revoke(code, host.tokenHash, revoked.deviceId);
    here.notifyChanged(sessionId);
    for (const { ends } of ended) {
      await expect.poll(() => ends).toMatchObject([{ reason: 'UNAUTHENTICATED' }]);
    }
    expect(open.map(({ ends }) => ends)).toEqual(open.map(() => []));
    for (const { unsubscribe } of open) unsubscribe();
    expect([here.count(), elsewhere.count()]).toEqual([0, 0]);
  },
);

test.each([
  ['host', undefined],
  ['host', '0'],
  ['moderator', undefined],
  ['moderator', '0'],
  ['viewer', undefined],
  ['viewer', '1000'],
] as const)(
  'a %s revoked after the authorisation receives no event (last event id: %s)',
  async (role, lastEventId) => {
    const { code, caller: host } = await createSession(database);
    const session = { code, tokenHash: host.tokenHash };
    const { deviceId, tokenHash } = await pairDevice(db, session, role);
    const input = { code, ...(lastEventId !== undefined && { lastEventId }) };
    const subscribeNow = await here.authorize(input, { tokenHash, address: '192.0.2.1' });
    await revoke(code, host.tokenHash, deviceId);
    const subscriber = record();
    subscribeNow(subscriber);
    await expect.poll(() => subscriber.ends).toMatchObject([{ reason: 'UNAUTHENTICATED' }]);
    expect(subscriber.events).toEqual([]);
  },
);

test('viewers are left out of the presence in every process', async () => {
  const { code, caller: host } = await createSession(database);
  const session = { code, tokenHash: host.tokenHash };
  const viewer = await pairDevice(db, session, 'viewer');
  const moderator = await pairDevice(db, session, 'moderator');
  const streams = [
    await subscribe(here, code, viewer.tokenHash),
    await subscribe(elsewhere, code, viewer.tokenHash),
    await subscribe(here, code, host.tokenHash),
    await subscribe(elsewhere, code, moderator.tokenHash),
  ];
  for (const { events } of streams) {
    await expect
      .poll(() => events.at(-1))
      .toEqual(anEvent({ type: 'presence', listening: 2, participants: 2 }));
  }
  streams[2]?.unsubscribe();
  await expect
    .poll(() => streams[0]?.events.at(-1))
    .toEqual(anEvent({ type: 'presence', listening: 1, participants: 1 }));
  for (const { unsubscribe } of streams) unsubscribe();
});

test('viewers of all processes count towards the limit, of which moderators have a reserve', async () => {
  const feed = await openFeed({ maxPerSession: 100 });
  const { code, caller: host } = await createSession(database);
  const session = { code, tokenHash: host.tokenHash };
  const { tokenHash } = await pairDevice(db, session, 'viewer');
  const moderator = await pairDevice(db, session, 'moderator');
  const address = '192.0.2.1';
  const other = await subscribe(here, code, tokenHash);
  const first = await subscribe(feed, code, tokenHash);
  const asViewer = await feed.authorize({ code }, { tokenHash, address });
  const asModerator = await feed.authorize({ code }, { ...moderator, address });
  // The streams of the other process are known as soon as it has published them.
  const unsubscribe: (() => void)[] = [];
  for (let n = 2; n < 99; n += 1) unsubscribe.push(asViewer(record()));
  await vi.waitUntil(() => {
    try {
      asViewer(record())();
      return false;
    } catch {
      return true;
    }
  });
  unsubscribe.push(asModerator(record()));
  for (const close of unsubscribe) close();
  first.unsubscribe();
  other.unsubscribe();
  expect(feed.count()).toBe(0);
});
