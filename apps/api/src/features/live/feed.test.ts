import {
  type QueryEvent,
  createDatabase,
  insertParticipant,
  insertQuestion,
  removeParticipantAsModerator,
} from '@classroom/db';
import {
  SLOW_MACHINE_TIMEOUTS,
  insertQuestions,
  newParticipant,
  useTestDatabase,
} from '@classroom/db/testing';
import { afterAll, expect, test } from 'vitest';
import { anEvent, feedOptions, createSession, record } from '../../testing/live.ts';
import { openLiveFeed } from './feed.ts';
import { openRooms } from './rooms.ts';

const database = await useTestDatabase();
const { db, url } = database;
const options = feedOptions(database);
const stop = new AbortController();
afterAll(() => stop.abort());
const live = openLiveFeed(options, stop.signal);

/** Inserts a question, which takes the next sequence number. */
async function submit(code: string, tokenHash: Buffer): Promise<void> {
  const question = { code, tokenHash, body: 'Why?', anonymous: false, idempotencyKeyHash: null };
  const outcome = await insertQuestion(db, question);
  if (outcome.kind !== 'submitted') throw new Error(outcome.kind);
}

test.each([undefined, '0', '1000'])(
  'a participant blocked after the authorisation receives no event (last event id: %s)',
  async (lastEventId) => {
    const { code, caller: host } = await createSession(database);
    const participant = newParticipant({ code });
    const added = await insertParticipant(db, participant);
    if (added.kind !== 'added') throw new Error(added.kind);

    const input = { code, ...(lastEventId !== undefined && { lastEventId }) };
    const caller = { tokenHash: participant.tokenHash, address: '192.0.2.1' };
    const subscribe = await live.authorize(input, caller);
    await removeParticipantAsModerator(db, {
      code,
      tokenHash: host.tokenHash,
      participantId: added.participant.id,
      block: true,
    });
    const subscriber = record();
    subscribe(subscriber);
    await expect.poll(() => subscriber.ends).toMatchObject([{ reason: 'UNAUTHENTICATED' }]);
    expect(subscriber.events).toEqual([]);
    expect(live.count()).toBe(0);
  },
);

test('a subscription whose backlog is older than the last poll receives every change', async () => {
  const { code, sessionId, caller } = await createSession(database);
  const { tokenHash } = caller;
  await submit(code, tokenHash);
  const rooms = openRooms(options, stop.signal);
  const subscribe = (cursor: number) => {
    const recorded = record();
    const role = 'host' as const;
    const subscription = { ...recorded, sessionId, participantId: 0, role, caller, cursor };
    return { ...recorded, room: rooms.subscribe(subscription) };
  };
  const first = subscribe(1);
  first.room.readFrom(1);
  await submit(code, tokenHash);
  first.room.schedulePoll();
  // While that poll runs, a backlog is delivered that ends before it.
  const second = subscribe(0);
  second.room.readFrom(0);
  // On a slow machine, a presence event may precede them.
  const changes = ({ events }: typeof first) =>
    events.filter(({ event }) => event.type !== 'presence').map(({ sequence }) => sequence);
  await expect.poll(() => changes(second)).toEqual([1, 2]);
  await expect.poll(() => changes(first)).toEqual([2]);
});

test.each([
  [499, 'question'],
  [500, 'snapshot'],
])('after %i changed questions, a stream resumes with a %s', async (count, type) => {
  const { code, caller } = await createSession(database);
  await insertQuestions(db, { code, status: 'answered', count });
  const subscriber = record();
  const unsubscribe = (await live.authorize({ code, lastEventId: '0' }, caller))(subscriber);
  await expect.poll(() => subscriber.events[0]).toEqual(anEvent({ type }));
  unsubscribe();
});

test('a stream above the limit of a session is refused with SESSION_FULL', async () => {
  const { code, caller } = await createSession(database);
  const subscribe = await live.authorize({ code }, caller);
  const unsubscribe = [1, 2, 3].map(() => subscribe(record()));
  expect(() => subscribe(record())).toThrow(
    expect.objectContaining({ reason: 'SESSION_FULL', details: { limit: 3 } }),
  );
  for (const close of unsubscribe) close();
  expect(live.count()).toBe(0);
});

/** A feed with one database connection, which is busy until `release` is called. */
async function openBusyFeed() {
  const queries: string[] = [];
  const onQuery = ({ query }: QueryEvent) => void queries.push(query.sql);
  const busyDb = createDatabase(url, { ...SLOW_MACHINE_TIMEOUTS, max: 1, onQuery });
  const feed = openLiveFeed({ ...options, db: busyDb }, stop.signal);
  const hold = async () => {
    const held = Promise.withResolvers<void>();
    const holding = Promise.withResolvers<void>();
    const done = busyDb.connection().execute(async () => {
      holding.resolve();
      await held.promise;
    });
    await holding.promise;
    return async () => {
      held.resolve();
      await done;
    };
  };
  return { feed, queries, hold, [Symbol.asyncDispose]: () => busyDb.destroy() };
}

test('a subscriber that unsubscribes before its backlog is read is counted once and causes no read', async () => {
  const { code, caller } = await createSession(database);
  await using busy = await openBusyFeed();
  const { feed, queries, hold } = busy;
  const subscribe = await feed.authorize({ code }, caller);
  const release = await hold();
  // Four reads wait for the connection, so the next one waits for the limit.
  const others = [1, 2, 3, 4].map(() => feed.authorize({ code }, caller));
  const unsubscribe = subscribe(record());
  expect.soft(feed.count()).toBe(1);
  unsubscribe();
  await release();
  await Promise.all(others);
  await feed.authorize({ code }, caller);
  expect(queries.filter((sql) => sql.includes('is_valid'))).toEqual([]);
  expect(feed.count()).toBe(0);
});

test('clients that disconnect while they wait for their authorisation cause no query', async () => {
  const { code, caller } = await createSession(database);
  await using busy = await openBusyFeed();
  const { feed, queries, hold } = busy;
  const release = await hold();
  const reading = [1, 2, 3, 4].map(() => feed.authorize({ code }, caller));
  const disconnected = new AbortController();
  const waiting = Promise.allSettled(
    Array.from({ length: 40 }, () => feed.authorize({ code }, caller, disconnected.signal)),
  );
  disconnected.abort();
  await release();
  const outcomes = await waiting;
  expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['rejected']));
  await Promise.all(reading);
  const perAuthorisation = queries.length / reading.length;
  await Promise.all(Array.from({ length: 8 }, () => feed.authorize({ code }, caller)));
  expect(queries).toHaveLength(perAuthorisation * (reading.length + 8));
});

test('a subscriber receives the presence after its backlog, even if it was published before', async () => {
  const { code, caller } = await createSession(database);
  await using busy = await openBusyFeed();
  const { feed, hold } = busy;
  const subscribe = await feed.authorize({ code }, caller);
  const [first, second] = [record(), record()];
  const unsubscribeFirst = subscribe(first);
  await expect.poll(() => first.events).toContainEqual(anEvent({ type: 'snapshot' }));

  const release = await hold();
  const unsubscribeSecond = subscribe(second);
  await expect
    .poll(() => first.events)
    .toContainEqual(anEvent({ type: 'presence', listening: 2, participants: 1 }));
  expect(second.events).toEqual([]);
  await release();
  await expect
    .poll(() => second.events)
    .toContainEqual(anEvent({ type: 'presence', listening: 2, participants: 1 }));
  unsubscribeFirst();
  unsubscribeSecond();
});
