import {
  insertParticipant,
  insertSession,
  removeParticipantAsHost,
  setQuestionStatusAsHost,
  insertQuestion,
} from '@classroom/db';
import { captureQueries, newParticipant, newSession, useTestDatabase } from '@classroom/db/testing';
import { afterAll, expect, test } from 'vitest';
import { openLiveFeed } from './feed.ts';
import type { SequencedEvent } from './presenter.ts';
import type { Member } from './room.ts';
import { createStreamCaps, noStreamCaps } from './stream-caps.ts';
import { authorizeSubscription } from './subscription.ts';

const { db, url } = await useTestDatabase();
const stop = new AbortController();
const live = openLiveFeed(
  { db, url, caps: noStreamCaps, maxPerSession: 3, onError: () => {} },
  stop.signal,
);
afterAll(() => stop.abort());

async function openClassroom() {
  const session = newSession();
  const { code, tokenHash } = session;
  const opened = await insertSession(db, session);
  if (opened.kind !== 'created') throw new Error(opened.kind);
  return { code, hostTokenHash: tokenHash, sessionId: opened.id };
}

/** A subscriber that remembers what it received. */
function record() {
  const events: SequencedEvent[] = [];
  const ends: unknown[] = [];
  return {
    events,
    ends,
    push: (pushed: readonly SequencedEvent[]) => void events.push(...pushed),
    end: (reason?: unknown) => void ends.push(reason),
  };
}

test.each([undefined, '0', '1000'])(
  'a participant who is blocked after the authorisation receives nothing (last event id: %s)',
  async (lastEventId) => {
    const { code, hostTokenHash } = await openClassroom();
    const participant = newParticipant({ code });
    const added = await insertParticipant(db, participant);
    if (added.kind !== 'added') throw new Error(added.kind);

    const input = { code, ...(lastEventId !== undefined && { lastEventId }) };
    const caller = { tokenHash: participant.tokenHash, address: '192.0.2.1' };
    const subscribe = await authorizeSubscription({ db, live }, input, caller);
    const participantId = added.participant.id;
    await removeParticipantAsHost(db, {
      code,
      tokenHash: hostTokenHash,
      participantId,
      block: true,
    });
    const subscriber = record();
    subscribe(subscriber);
    await expect.poll(() => subscriber.ends).toMatchObject([{ reason: 'UNAUTHENTICATED' }]);
    expect(subscriber.events).toEqual([]);
    expect(live.count()).toBe(0);
  },
);

test('a member whose backlog is older than what the room has read misses nothing', async () => {
  const { code, hostTokenHash, sessionId } = await openClassroom();
  const submitted = await insertQuestion(db, {
    code,
    tokenHash: hostTokenHash,
    body: 'Why?',
    anonymous: false,
    idempotencyKeyHash: null,
  });
  if (submitted.kind !== 'submitted') throw new Error(submitted.kind);
  const join = (cursor: number) => {
    const recorded = record();
    const member: Member = { ...recorded, participantId: 0, role: 'host', cursor };
    const caller = { tokenHash: hostTokenHash, address: '192.0.2.1' };
    return { ...recorded, member, caller, room: live.join(sessionId, member, caller) };
  };
  const first = join(1);
  first.room.readFrom(1);
  await setQuestionStatusAsHost(db, {
    questionId: submitted.id,
    tokenHash: hostTokenHash,
    status: 'answered',
  });
  first.room.schedulePoll();
  // While that poll is under way, a backlog is delivered that ends before it begins.
  const second = join(0);
  second.room.readFrom(0);
  // Presence may come before them on a slow machine.
  const changes = ({ events }: typeof first) =>
    events.filter(({ event }) => event.type !== 'presence').map(({ sequence }) => sequence);
  await expect.poll(() => changes(second)).toEqual([2]);
  await expect.poll(() => changes(first)).toEqual([2]);
  for (const { member, caller } of [first, second]) live.leave(sessionId, member, caller);
});

test('a session takes no more streams than its limit', async () => {
  const { code, hostTokenHash: tokenHash } = await openClassroom();
  const caller = { tokenHash, address: '192.0.2.1' };
  const subscribe = await authorizeSubscription({ db, live }, { code }, caller);
  const unsubscribe = [1, 2, 3].map(() => subscribe(record()));
  expect(() => subscribe(record())).toThrow(
    expect.objectContaining({ reason: 'SESSION_FULL', details: { limit: 3 } }),
  );
  for (const close of unsubscribe) close();
  expect(live.count()).toBe(0);
});

test('a ninth stream of a token ends its oldest with RATE_LIMITED', () => {
  const caps = createStreamCaps();
  const caller = { tokenHash: Buffer.from('token'), address: '192.0.2.1' };
  const ends: number[] = [];
  const open = Array.from({ length: 10 }, (_, n) => {
    const member: Member = {
      ...record(),
      participantId: 1,
      role: 'host',
      cursor: undefined,
      end: (reason) => {
        expect(reason).toMatchObject({ reason: 'RATE_LIMITED' });
        ends.push(n);
        caps.delete(member, caller);
      },
    };
    caps.add(member, caller);
    return member;
  });
  expect(ends).toEqual([0, 1]);
  for (const member of open) caps.delete(member, caller);
  caps.add({ ...record(), participantId: 1, role: 'host', cursor: undefined }, caller);
  expect(ends).toEqual([0, 1]);
});

/** Lets no backlog be read until the returned function is called. */
function holdOpening(): () => void {
  const held = Promise.withResolvers<void>();
  for (let n = 0; n < 4; n += 1) void live.limitOpening(() => held.promise);
  return held.resolve;
}

test('a subscriber that waits for its backlog counts once, and when it leaves, nothing is read', async () => {
  const { code, hostTokenHash } = await openClassroom();
  const caller = { tokenHash: hostTokenHash, address: '192.0.2.1' };
  const queries = await captureQueries(url, async (capturedDb) => {
    const authorize = () => authorizeSubscription({ db: capturedDb, live }, { code }, caller);
    const subscribe = await authorize();
    const release = holdOpening();
    const unsubscribe = subscribe(record());
    expect.soft(live.count()).toBe(1);
    unsubscribe();
    release();
    // It comes after it in the queue.
    await authorize();
  });
  // Each authorisation sends one query.
  expect(queries).toHaveLength(2);
  expect(live.count()).toBe(0);
});

test('a subscriber whose backlog comes after the presence was published receives it as well', async () => {
  const { code, hostTokenHash } = await openClassroom();
  const caller = { tokenHash: hostTokenHash, address: '192.0.2.1' };
  const subscribe = await authorizeSubscription({ db, live }, { code }, caller);
  const [first, second] = [record(), record()];
  const unsubscribeFirst = subscribe(first);
  await expect.poll(() => first.events.length).toBeGreaterThan(0);

  const release = holdOpening();
  const unsubscribeSecond = subscribe(second);
  const presence = { event: { type: 'presence', listening: 2 } };
  await expect.poll(() => first.events).toContainEqual(expect.objectContaining(presence));
  expect(second.events).toEqual([]);
  release();
  await expect.poll(() => second.events).toContainEqual(expect.objectContaining(presence));
  unsubscribeFirst();
  unsubscribeSecond();
});
