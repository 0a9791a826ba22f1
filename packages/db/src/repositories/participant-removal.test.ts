import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { newParticipant, newSession, pairDevice, outcomeOf, useTestDatabase } from '../testing.ts';
import { insertParticipant } from './insert-participant.ts';
import { insertSession } from './insert-session.ts';
import { removeParticipantAsModerator } from './participant-removal.ts';
import { findParticipantByToken, findParticipants } from './session-participants.ts';

const database = await useTestDatabase({ max: 20 });

/** Creates a session with one participant. */
async function createSession() {
  const session = newSession();
  await insertSession(database.db, session);
  const participant = newParticipant({ code: session.code });
  const outcome = await insertParticipant(database.db, participant);
  if (outcome.kind !== 'added') throw new Error(outcome.kind);
  const { id } = outcome.participant;
  const removal = { code: session.code, tokenHash: session.tokenHash, participantId: id };
  return { session, participant, id, sessionId: outcome.session.id, removal };
}
const remove = (removal: Parameters<typeof removeParticipantAsModerator>[1]) =>
  database.db.transaction().execute((tx) => removeParticipantAsModerator(tx, removal));
const join = (overrides: Parameters<typeof newParticipant>[0]) =>
  insertParticipant(database.db, newParticipant(overrides));
const present = async (sessionId: number) =>
  (
    await findParticipants(database.db, {
      sessionId,
      afterMicroseconds: 0,
      afterId: 0,
      limit: 100,
      includeBlocked: false,
    })
  ).map(({ display_name }) => display_name);

test('a removed participant has no token, is not listed, and rejoins as a new participant', async () => {
  const { participant, session, id, sessionId, removal } = await createSession();
  const { code, displayName, tokenHash } = participant;
  expect(await remove({ ...removal, block: false })).toMatchObject({ isBlocked: false });
  expect(await findParticipantByToken(database.db, tokenHash)).toBeUndefined();
  expect(await present(sessionId)).toEqual([session.hostDisplayName]);

  const again = await join({ code, displayName, callerTokenHash: tokenHash });
  expect(again).toMatchObject({ kind: 'added' });
  expect(again).not.toMatchObject({ participant: { id } });
});

test('a blocked participant has no token, is not listed, and cannot rejoin by name or token', async () => {
  const { participant, session, sessionId, removal } = await createSession();
  const { code, displayName, tokenHash } = participant;
  expect(await remove({ ...removal, block: true })).toMatchObject({ isBlocked: true });
  expect(await findParticipantByToken(database.db, tokenHash)).toBeUndefined();
  expect(await present(sessionId)).toEqual([session.hostDisplayName]);
  expect(await join({ code, displayName })).toEqual({ kind: 'blocked' });
  expect(await join({ code, callerTokenHash: tokenHash })).toEqual({ kind: 'blocked' });
});

test('a block applies to its own session only', async () => {
  const { participant, removal } = await createSession();
  const other = await createSession();
  await remove({ ...removal, block: true });
  const { displayName, tokenHash: callerTokenHash } = participant;
  const { code } = other.session;
  expect(await join({ code, displayName, callerTokenHash })).toMatchObject({ kind: 'added' });
});

test('a blocked participant stays blocked when removed again', async () => {
  const { removal } = await createSession();
  await remove({ ...removal, block: true });
  expect(await remove({ ...removal, block: false })).toMatchObject({ isBlocked: true });
});

test('a moderator removes participants, but neither the host nor moderators nor viewers', async () => {
  const { removal, session, participant } = await createSession();
  const moderator = await pairDevice(database.db, session, 'moderator');
  const viewer = await pairDevice(database.db, session, 'viewer');
  const host = await findParticipantByToken(database.db, session.tokenHash);
  const attempt = (tokenHash: Buffer, participantId: number) =>
    remove({ ...removal, tokenHash, participantId, block: false });
  expect(await attempt(viewer.tokenHash, removal.participantId)).toEqual({
    kind: 'refused',
    reason: 'forbidden',
  });
  expect(await findParticipantByToken(database.db, participant.tokenHash)).toBeDefined();
  for (const { tokenHash } of [session, moderator]) {
    expect(await attempt(tokenHash, host?.id ?? 0)).toEqual({ kind: 'not-removable' });
    expect(await attempt(tokenHash, moderator.participantId)).toEqual({ kind: 'not-removable' });
    expect(await attempt(tokenHash, viewer.participantId)).toEqual({
      kind: 'participant-not-found',
    });
  }
  expect(await attempt(moderator.tokenHash, removal.participantId)).toMatchObject({
    kind: 'removed',
  });
  expect(await findParticipantByToken(database.db, participant.tokenHash)).toBeUndefined();
});

test('participants and foreign hosts remove nobody, and a host removes no host or foreign participant', async () => {
  const { participant, removal, session } = await createSession();
  const foreign = await createSession();
  const host = await findParticipantByToken(database.db, session.tokenHash);
  for (const [call, outcome] of [
    [{ tokenHash: participant.tokenHash }, { kind: 'refused', reason: 'forbidden' }],
    [{ tokenHash: foreign.session.tokenHash }, { kind: 'refused', reason: 'forbidden' }],
    [{ tokenHash: randomBytes(32) }, { kind: 'refused', reason: 'unauthenticated' }],
    [{ participantId: foreign.id }, { kind: 'participant-not-found' }],
    [{ participantId: host?.id ?? 0 }, { kind: 'not-removable' }],
  ] as const) {
    expect(await remove({ ...removal, ...call, block: true })).toEqual(outcome);
  }
  expect(await findParticipantByToken(database.db, participant.tokenHash)).toBeDefined();
});

test('a block in parallel to removals of the participant blocks', async () => {
  for (let round = 0; round < 20; round += 1) {
    const { removal, participant, id } = await createSession();
    const [blocked, ...removed] = await Promise.all(
      [true, false, false, false].map((block) => remove({ ...removal, block })),
    );
    expect(blocked).toMatchObject({ kind: 'removed', isBlocked: true });
    for (const outcome of removed) expect(outcome).toMatchObject({ kind: 'removed' });
    const row = await database.db
      .selectFrom('session_participants')
      .where('id', '=', id)
      .select(['user_id', 'blocked_at'])
      .executeTakeFirstOrThrow();
    expect(row.user_id).not.toBeNull();
    expect(row.blocked_at).not.toBeNull();
    expect(await findParticipantByToken(database.db, participant.tokenHash)).toBeUndefined();
  }
});

test('a rejoin in parallel to the removal returns the removed participant, a new one or a conflict', async () => {
  for (let round = 0; round < 20; round += 1) {
    const { removal, participant, session, sessionId } = await createSession();
    const { code, displayName, tokenHash: callerTokenHash } = participant;
    const [, again] = await Promise.all([
      remove({ ...removal, block: false }),
      outcomeOf(join({ code, displayName, callerTokenHash })),
    ]);
    const names = [session.hostDisplayName, ...(again.kind === 'added' ? [displayName] : [])];
    expect(await present(sessionId)).toEqual(names);
    expect(['added', 'already-joined', 'conflict']).toContain(again.kind);
  }
});
