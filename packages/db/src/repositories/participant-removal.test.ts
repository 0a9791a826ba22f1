import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { newParticipant, newSession, useTestDatabase } from '../testing.ts';
import { insertParticipant } from './insert-participant.ts';
import { insertSession } from './insert-session.ts';
import { removeParticipantAsHost } from './participant-removal.ts';
import { findParticipantByToken, findParticipants } from './session-participants.ts';

const database = await useTestDatabase({ max: 20 });

/** An open session with its host, and somebody who joined it. */
async function joined() {
  const session = newSession();
  await insertSession(database.db, session);
  const participant = newParticipant({ code: session.code });
  const outcome = await insertParticipant(database.db, participant);
  if (outcome.kind !== 'added') throw new Error(outcome.kind);
  const { id } = outcome.participant;
  const removal = { code: session.code, tokenHash: session.tokenHash, participantId: id };
  return { session, participant, id, sessionId: outcome.session.id, removal };
}
const remove = (removal: Parameters<typeof removeParticipantAsHost>[1]) =>
  removeParticipantAsHost(database.db, removal);
const join = (overrides: Parameters<typeof newParticipant>[0]) =>
  insertParticipant(database.db, newParticipant(overrides));
const present = async (sessionId: number) =>
  (
    await findParticipants(database.db, {
      sessionId,
      afterMicroseconds: 0,
      afterId: 0,
      limit: 100,
    })
  ).map(({ display_name }) => display_name);

test('who is removed has no token, is not listed, and may come in again as somebody new', async () => {
  const { participant, session, id, sessionId, removal } = await joined();
  const { code, displayName, tokenHash } = participant;
  expect(await remove({ ...removal, block: false })).toMatchObject({ blocked: false });
  expect(await findParticipantByToken(database.db, tokenHash)).toBeUndefined();
  expect(await present(sessionId)).toEqual([session.hostDisplayName]);

  const again = await join({ code, displayName, callerTokenHash: tokenHash });
  expect(again).toMatchObject({ kind: 'added' });
  expect(again).not.toMatchObject({ participant: { id } });
});

test('who is blocked has no token, is not listed, and comes in neither by name nor by token', async () => {
  const { participant, session, sessionId, removal } = await joined();
  const { code, displayName, tokenHash } = participant;
  expect(await remove({ ...removal, block: true })).toMatchObject({ blocked: true });
  expect(await findParticipantByToken(database.db, tokenHash)).toBeUndefined();
  expect(await present(sessionId)).toEqual([session.hostDisplayName]);
  expect(await join({ code, displayName })).toEqual({ kind: 'blocked' });
  expect(await join({ code, callerTokenHash: tokenHash })).toEqual({ kind: 'blocked' });
});

test('a block holds in its own session only', async () => {
  const { participant, removal } = await joined();
  const other = await joined();
  await remove({ ...removal, block: true });
  const { displayName, tokenHash: callerTokenHash } = participant;
  const { code } = other.session;
  expect(await join({ code, displayName, callerTokenHash })).toMatchObject({ kind: 'added' });
});

test('once removed or blocked, it stays so', async () => {
  const one = await joined();
  await remove({ ...one.removal, block: false });
  expect(await remove({ ...one.removal, block: true })).toMatchObject({ blocked: false });
  const other = await joined();
  await remove({ ...other.removal, block: true });
  expect(await remove({ ...other.removal, block: false })).toMatchObject({ blocked: true });
});

test('only the host removes, only others, and only from their own session', async () => {
  const { participant, removal, session } = await joined();
  const foreign = await joined();
  const host = await findParticipantByToken(database.db, session.tokenHash);
  for (const refused of [
    { tokenHash: participant.tokenHash },
    { tokenHash: foreign.session.tokenHash },
    { tokenHash: randomBytes(32) },
    { participantId: foreign.id },
    { participantId: host?.id ?? 0 },
  ]) {
    expect(await remove({ ...removal, ...refused, block: true })).toBeUndefined();
  }
  expect(await findParticipantByToken(database.db, participant.tokenHash)).toBeDefined();
});

test('of removing and blocking at once one decides, and both say the same', async () => {
  for (let round = 0; round < 20; round += 1) {
    const { removal, participant, id } = await joined();
    const outcomes = await Promise.all(
      [true, false, true, false].map((block) => remove({ ...removal, block })),
    );
    const [first] = outcomes;
    for (const outcome of outcomes) expect(outcome?.blocked).toBe(first?.blocked);
    const row = await database.db
      .selectFrom('session_participants')
      .where('id', '=', id)
      .select(['user_id', 'blocked_at'])
      .executeTakeFirstOrThrow();
    expect(row.blocked_at !== null).toBe(first?.blocked);
    expect(await findParticipantByToken(database.db, participant.tokenHash)).toBeUndefined();
  }
});

test('who joins again while being removed is the one removed, or somebody new', async () => {
  for (let round = 0; round < 20; round += 1) {
    const { removal, participant, session, sessionId } = await joined();
    const { code, displayName, tokenHash: callerTokenHash } = participant;
    const [, again] = await Promise.all([
      remove({ ...removal, block: false }),
      join({ code, displayName, callerTokenHash }),
    ]);
    const names = [session.hostDisplayName, ...(again.kind === 'added' ? [displayName] : [])];
    expect(await present(sessionId)).toEqual(names);
    expect(['added', 'caller-is-in', 'conflict']).toContain(again.kind);
  }
});
