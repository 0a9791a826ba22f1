import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { newParticipant, newSession, pairDevice, outcomeOf, useTestDatabase } from '../testing.ts';
import { findSessionChanges } from './changes.ts';
import { insertParticipant } from './insert-participant.ts';
import { insertQuestion } from './insert-question.ts';
import { insertSession } from './insert-session.ts';
import { unblockParticipantAsHost } from './participant-blocks.ts';
import { leaveSession, removeParticipantAsModerator } from './participant-removal.ts';
import { endSessionAsHost } from './session-lifecycle.ts';
import { findParticipantByToken, findParticipants } from './session-participants.ts';

const { db } = await useTestDatabase({ max: 20 });

/** Creates a session with the participant "Ben …". */
async function createLesson() {
  const session = newSession();
  await insertSession(db, session);
  const { code } = session;
  const participant = newParticipant({ code });
  const joined = await insertParticipant(db, participant);
  if (joined.kind !== 'added') throw new Error(joined.kind);
  const { id: participantId } = joined.participant;
  const host = { code, tokenHash: session.tokenHash, participantId };
  const remove = (block: boolean) =>
    db.transaction().execute((tx) => removeParticipantAsModerator(tx, { ...host, block }));
  const unblock = (call = {}) =>
    db.transaction().execute((tx) => unblockParticipantAsHost(tx, { ...host, ...call }));
  const join = (overrides = {}) =>
    insertParticipant(
      db,
      newParticipant({ code, displayName: participant.displayName, ...overrides }),
    );
  const row = async () =>
    await db
      .selectFrom('session_participants')
      .where('id', '=', participantId)
      .selectAll()
      .executeTakeFirstOrThrow();
  const { id: sessionId } = joined.session;
  return { session, sessionId, participant, participantId, remove, unblock, join, row };
}

const storedOf = (participantId: number) =>
  db
    .selectFrom('removed_participants')
    .where('participant_id', '=', participantId)
    .selectAll()
    .execute();

test('a block of a participant removed before refuses the name in any spelling, and the token', async () => {
  const { remove, join, row, participant, participantId } = await createLesson();
  const before = await row();
  expect(await remove(false)).toMatchObject({ kind: 'removed', isBlocked: false });
  const { user_id, token_hash, name_hash } = before;
  expect(await storedOf(participantId)).toEqual([
    { participant_id: participantId, user_id, token_hash, name_hash },
  ]);
  expect(await row()).toMatchObject({ user_id: null, token_hash: null, name_hash: null });

  expect(await remove(true)).toMatchObject({ kind: 'removed', isBlocked: true });
  expect(await storedOf(participantId)).toEqual([]);
  expect(await row()).toMatchObject({ user_id, token_hash, name_hash });
  for (const displayName of [participant.displayName, participant.displayName.toUpperCase()]) {
    expect(await join({ displayName })).toEqual({ kind: 'blocked' });
  }
  const { displayName } = newParticipant();
  const callerTokenHash = participant.tokenHash;
  expect(await join({ displayName, callerTokenHash })).toEqual({ kind: 'blocked' });
  expect(await findParticipantByToken(db, callerTokenHash)).toBeUndefined();
});

test.each(['the same', 'another'])(
  'a block of a removed participant is refused while a participant has the name in %s spelling',
  async (spelling) => {
    const { remove, join, row, participant, participantId } = await createLesson();
    await remove(false);
    const { displayName } = participant;
    const namesake = {
      displayName: spelling === 'another' ? displayName.toUpperCase() : displayName,
    };
    expect(await join(namesake)).toMatchObject({ kind: 'added' });
    expect(await remove(true)).toEqual({ kind: 'name-taken' });
    expect(await storedOf(participantId)).toHaveLength(1);
    expect(await row()).toMatchObject({ user_id: null, blocked_at: null });
  },
);

test('a block in parallel to a join under the name blocks the name or adds the participant', async () => {
  for (let round = 0; round < 20; round += 1) {
    const { remove, join, participant } = await createLesson();
    await remove(false);
    const displayName = participant.displayName.toUpperCase();
    const [blocked, joined] = await Promise.all([
      outcomeOf(remove(true)),
      outcomeOf(join({ displayName })),
    ]);
    const isBlocked = blocked.kind === 'removed' && blocked.isBlocked;
    expect(isBlocked).toBe(joined.kind !== 'added');
  }
});

test('a participant who has left cannot be blocked', async () => {
  const { session, participant, participantId, remove, join } = await createLesson();
  const { code } = session;
  const { tokenHash } = participant;
  await db.transaction().execute((tx) => leaveSession(tx, { code, tokenHash }));
  expect(await storedOf(participantId)).toEqual([]);
  expect(await remove(true)).toMatchObject({ kind: 'removed', isBlocked: false });
  expect(await join()).toMatchObject({ kind: 'added' });
});

test('a block of a removed participant changes nothing that subscribers receive', async () => {
  const { session, sessionId, participant, remove, unblock } = await createLesson();
  const { code } = session;
  const question = {
    code,
    body: 'Why?',
    tokenHash: participant.tokenHash,
    idempotencyKeyHash: null,
  };
  await insertQuestion(db, { ...question, anonymous: false });
  await insertQuestion(db, { ...question, anonymous: true });
  const changes = async () => {
    const query = { sessionId, after: 0, participantId: null, limit: 500 };
    const found = await findSessionChanges(db, query);
    if (found === undefined) throw new Error('No session');
    return { ...found, seconds_since_change: 0 };
  };
  await remove(false);
  const removed = await changes();
  expect(removed.questions.map(({ author_name }) => author_name)).toEqual([null, null]);
  await remove(true);
  expect(await changes()).toEqual(removed);
  await unblock();
  expect(await changes()).toEqual(removed);
});

test('an unblocked participant joins again under the name, but not with the old token', async () => {
  const { participant, participantId, remove, unblock, join, row } = await createLesson();
  await remove(true);
  expect(await unblock()).toEqual({ kind: 'unblocked' });
  expect(await row()).toMatchObject({ user_id: null, token_hash: null, blocked_at: null });
  expect(await storedOf(participantId)).toHaveLength(1);
  const callerTokenHash = participant.tokenHash;
  expect(await findParticipantByToken(db, callerTokenHash)).toBeUndefined();
  const again = await join({ callerTokenHash });
  expect(again).toMatchObject({ kind: 'added' });
  expect(again).not.toMatchObject({ participant: { id: participantId } });
});

test('an unblocked participant can be blocked again', async () => {
  const { remove, unblock, join } = await createLesson();
  await remove(true);
  await unblock();
  expect(await remove(true)).toMatchObject({ isBlocked: true });
  expect(await join()).toEqual({ kind: 'blocked' });
});

test('unblocking a participant who is not blocked changes nothing', async () => {
  const { remove, unblock, row } = await createLesson();
  const present = await row();
  expect(await unblock()).toEqual({ kind: 'unblocked' });
  expect(await row()).toEqual(present);
  await remove(false);
  const removed = await row();
  expect(await unblock()).toEqual({ kind: 'unblocked' });
  expect(await row()).toEqual(removed);
});

test('only the host unblocks, and only participants of the open session', async () => {
  const { session, remove, unblock, row } = await createLesson();
  const other = await createLesson();
  await remove(true);
  const moderator = await pairDevice(db, session, 'moderator');
  const host = await findParticipantByToken(db, session.tokenHash);
  for (const [call, outcome] of [
    [{ tokenHash: moderator.tokenHash }, { kind: 'refused', reason: 'forbidden' }],
    [{ tokenHash: other.session.tokenHash }, { kind: 'refused', reason: 'forbidden' }],
    [{ tokenHash: randomBytes(32) }, { kind: 'refused', reason: 'unauthenticated' }],
    [{ participantId: other.participantId }, { kind: 'participant-not-found' }],
    [{ participantId: host?.id ?? 0 }, { kind: 'not-removable' }],
  ] as const) {
    expect(await unblock(call)).toEqual(outcome);
  }
  await endSessionAsHost(db, session);
  expect(await unblock()).toEqual({ kind: 'refused', reason: 'session-ended' });
  expect((await row()).blocked_at).not.toBeNull();
});

test('parallel blocks and unblocks leave the identity in exactly one place', async () => {
  for (let round = 0; round < 20; round += 1) {
    const { participantId, remove, unblock, row } = await createLesson();
    await Promise.all([
      outcomeOf(remove(true)),
      outcomeOf(unblock()),
      outcomeOf(remove(true)),
      outcomeOf(unblock()),
    ]);
    const isBlocked = (await row()).blocked_at !== null;
    expect(await storedOf(participantId)).toHaveLength(isBlocked ? 0 : 1);
  }
});

test('findParticipants returns blocked participants only when asked, across pages', async () => {
  const { session, sessionId, remove, join } = await createLesson();
  await join({ displayName: newParticipant().displayName });
  await remove(true);
  const list = async (includeBlocked: boolean) => {
    const found: { display_name: string; blocked_at: Date | null }[] = [];
    for (let after = { microseconds: 0, id: 0 }; ;) {
      const page = { afterMicroseconds: after.microseconds, afterId: after.id, limit: 1 };
      const [next] = await findParticipants(db, { sessionId, ...page, includeBlocked });
      if (next === undefined) return found;
      found.push(next);
      after = next;
    }
  };
  expect((await list(true)).map(({ blocked_at }) => blocked_at !== null)).toEqual([
    false,
    true,
    false,
  ]);
  const others = await list(false);
  expect(others.map(({ blocked_at }) => blocked_at)).toEqual([null, null]);
  expect(others[0]?.display_name).toBe(session.hostDisplayName);
});
