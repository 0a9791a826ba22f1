import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { captureQueries, newParticipant, newSession, useTestDatabase } from '../testing.ts';
import { addParticipant } from './add-participant.ts';
import { openSession } from './open-session.ts';
import { removeParticipant } from './remove-participant.ts';
import { findChangeNumbers, findSessionChanges } from './session-changes.ts';
import { endSession, startSession } from './sessions-of-host.ts';
import { sweepExpiredSessions } from './sessions.ts';

const database = await useTestDatabase();

async function opened() {
  const session = newSession();
  const outcome = await openSession(database.db, session);
  if (outcome.kind !== 'opened') throw new Error(outcome.kind);
  return { ...session, id: outcome.id };
}
const changes = (sessionId: number, after = -1, limit = 500) =>
  findSessionChanges(database.db, { sessionId, after, participantId: null, limit });

test('each change of the status takes the next number, and what changes nothing takes none', async () => {
  const session = await opened();
  expect(await changes(session.id)).toMatchObject({ change_number: 0, status_change_number: 0 });
  await startSession(database.db, session);
  await startSession(database.db, session);
  expect(await changes(session.id)).toMatchObject({ change_number: 1, status_change_number: 1 });
  await endSession(database.db, session);
  await endSession(database.db, session);
  expect(await changes(session.id)).toMatchObject({
    change_number: 2,
    status_change_number: 2,
    status: 'ended',
  });
});

test('a session that is swept has changed', async () => {
  const session = await opened();
  await sql`update sessions set expires_at = now() where id = ${session.id}`.execute(database.db);
  expect(await sweepExpiredSessions(database.db, 100)).toContain(session.id);
  expect(await changes(session.id)).toMatchObject({ status_change_number: 1 });
});

test('who was removed or blocked since is told, and who was before is not', async () => {
  const { id: sessionId, code, tokenHash } = await opened();
  const ids: number[] = [];
  for (const block of [false, true]) {
    const outcome = await addParticipant(database.db, newParticipant({ code }));
    if (outcome.kind !== 'added') throw new Error(outcome.kind);
    const participantId = outcome.participant.id;
    await removeParticipant(database.db, { code, tokenHash, participantId, block });
    ids.push(participantId);
  }
  const removedAfter = async (after: number) =>
    (await changes(sessionId, after))?.removed.map(({ id }) => id);
  expect((await removedAfter(0))?.toSorted((a, b) => a - b)).toEqual(ids);
  expect(await removedAfter(1)).toEqual(ids.slice(1));
  expect(await removedAfter(2)).toEqual([]);
});

test('it is one read, however much has changed', async () => {
  const { id: sessionId } = await opened();
  const sent = await captureQueries(database.url, (db) =>
    findSessionChanges(db, { sessionId, after: -1, participantId: null, limit: 500 }),
  );
  expect(sent).toHaveLength(1);
});

test('of many sessions the numbers come in one read; of those that are gone none', async () => {
  const [one, other] = [await opened(), await opened()];
  await startSession(database.db, other);
  const found = await findChangeNumbers(database.db, [one.id, other.id, 999_999_999]);
  expect(found.toSorted((a, b) => a.id - b.id)).toEqual([
    { id: one.id, change_number: 0 },
    { id: other.id, change_number: 1 },
  ]);
  expect(await changes(999_999_999)).toBeUndefined();
});
