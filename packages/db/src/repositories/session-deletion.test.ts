import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import {
  ageSession,
  countDeletedRows,
  createTestDatabase,
  insertParticipants,
  insertQuestions,
  insertVotes,
  newParticipant,
  newSession,
  outcomeOf,
  useTestDatabase,
} from '../testing.ts';
import { insertPairingAsHost } from './devices.ts';
import { insertParticipant } from './insert-participant.ts';
import { insertSession } from './insert-session.ts';
import { removeParticipantAsModerator } from './participant-removal.ts';
import { deleteSession, lockSessionAsHost, lockSessionEndedBefore } from './session-deletion.ts';
import { endSessionAsHost } from './session-lifecycle.ts';

const database = await useTestDatabase({ max: 20 });

async function createSession(overrides: Parameters<typeof newSession>[0] = {}) {
  const session = newSession(overrides);
  await insertSession(database.db, session);
  return session;
}
const remove = (host: { code: string; tokenHash: Buffer }) =>
  database.db.transaction().execute(async (transaction) => {
    const locked = await lockSessionAsHost(transaction, host);
    if (locked.kind === 'locked') await deleteSession(transaction, locked.sessionId);
    return locked;
  });
const names = async (among: string[]) =>
  (
    await database.db
      .selectFrom('users')
      .where('display_name', 'in', among)
      .select('display_name')
      .execute()
  ).map(({ display_name }) => display_name);

test('deleting a session deletes its participants and its orphaned users', async () => {
  const session = await createSession();
  const { hostDisplayName, code } = session;
  const [gone, stays] = [newParticipant({ code }), newParticipant({ code })];
  await insertParticipant(database.db, gone);
  await insertParticipant(database.db, stays);
  const other = await createSession();
  await insertParticipant(database.db, {
    ...stays,
    ...newParticipant({ code: other.code }),
    displayName: stays.displayName,
  });

  expect(await remove(session)).toMatchObject({ kind: 'locked' });
  expect(await names([hostDisplayName, gone.displayName, stays.displayName])).toEqual([
    stays.displayName,
  ]);
  expect(await remove(session)).toEqual({ kind: 'refused', reason: 'unauthenticated' });
});

test('the name of a removed participant is deleted with that session, and not with another', async () => {
  const session = await createSession();
  const { code, tokenHash } = session;
  const participant = newParticipant({ code });
  const joined = await insertParticipant(database.db, participant);
  if (joined.kind !== 'added') throw new Error(joined.kind);
  const removal = { code, tokenHash, participantId: joined.participant.id, block: false };
  await database.db.transaction().execute((tx) => removeParticipantAsModerator(tx, removal));
  const { displayName } = participant;
  const other = await createSession({ hostDisplayName: displayName });
  await remove(other);
  expect(await names([displayName])).toEqual([displayName]);
  await remove(session);
  expect(await names([displayName])).toEqual([]);
});

test('no statement deletes more than 2,000 rows of a table', async () => {
  await using own = await createTestDatabase({ statementTimeoutMs: 0 });
  const { db } = own;
  const mostDeleted = await countDeletedRows(db);
  const [spammed, popular, large] = [newSession(), newSession(), newSession()];
  for (const session of [spammed, popular, large]) await insertSession(db, session);
  await insertQuestions(db, { code: spammed.code, status: 'withdrawn', count: 100_000 });
  await insertQuestions(db, { code: popular.code, status: 'answered', count: 3 });
  await insertQuestions(db, { code: large.code, status: 'answered', count: 150 });
  await insertParticipants(db, { code: popular.code, count: 4500 });
  await insertParticipants(db, { code: large.code, count: 100 });
  for (const { code } of [popular, large]) await insertVotes(db, code);

  for (const session of [spammed, popular, large]) {
    await db.transaction().execute(async (transaction) => {
      const locked = await lockSessionAsHost(transaction, session);
      if (locked.kind === 'locked') await deleteSession(transaction, locked.sessionId);
    });
  }
  const most = await mostDeleted();
  expect(Object.keys(most)).toHaveLength(3);
  expect(Math.max(...Object.values(most))).toBeLessThanOrEqual(2000);
  for (const table of ['sessions', 'users'] as const) {
    expect(await db.selectFrom(table).select('id').execute()).toEqual([]);
  }
});

test('lockSessionAsHost refuses the host of another session', async () => {
  const session = await createSession();
  const other = await createSession();
  expect(await remove({ code: session.code, tokenHash: other.tokenHash })).toEqual({
    kind: 'refused',
    reason: 'forbidden',
  });
  expect(await names([session.hostDisplayName])).toHaveLength(1);
});

test('a user referenced while being deleted stays, or the reference fails with a ConflictError', async () => {
  for (let round = 0; round < 30; round += 1) {
    const session = await createSession();
    const { hostDisplayName } = session;
    const [, ...outcomes] = await Promise.all([
      remove(session),
      ...Array.from({ length: 5 }, () =>
        outcomeOf(insertSession(database.db, newSession({ hostDisplayName }))),
      ),
    ]);
    const { rows } = await sql<{ sessions: number; names: number }>`
      select count(sessions.id)::int as sessions, count(distinct users.id)::int as names
      from users left join sessions on sessions.host_user_id = users.id
      where display_name = ${hostDisplayName}
    `.execute(database.db);
    const open = outcomes.filter(({ kind }) => kind === 'created').length;
    expect(rows).toEqual([{ sessions: open, names: open > 0 ? 1 : 0 }]);
  }
});

test('a join to a session that is being deleted leaves no user behind', async () => {
  for (let round = 0; round < 20; round += 1) {
    const session = await createSession();
    const joining = Array.from({ length: 5 }, () => newParticipant({ code: session.code }));
    await Promise.all([
      remove(session),
      ...joining.map((participant) => outcomeOf(insertParticipant(database.db, participant))),
    ]);
    expect(await names(joining.map(({ displayName }) => displayName))).toEqual([]);
  }
});

test('a deleted session issues no pairing code, also after requests in parallel to its deletion', async () => {
  for (let round = 0; round < 20; round += 1) {
    const { code, tokenHash, ...session } = newSession();
    await insertSession(database.db, { ...session, code, tokenHash });
    const pairing = {
      code,
      tokenHash,
      codeHash: randomBytes(32),
      ttlSeconds: 300,
      role: 'host' as const,
    };
    await Promise.all([
      remove({ code, tokenHash }),
      ...Array.from({ length: 5 }, () => outcomeOf(insertPairingAsHost(database.db, pairing))),
    ]);
    expect(await insertPairingAsHost(database.db, pairing)).toEqual({
      kind: 'refused',
      reason: 'unauthenticated',
    });
  }
});

test('parallel transactions lock different sessions past their retention, and no recent one', async () => {
  const old = [await createSession(), await createSession()];
  const recent = await createSession();
  for (const session of [...old, recent]) {
    await endSessionAsHost(database.db, session);
    await ageSession(database.db, session.code, session === recent ? 29 : 31);
  }
  const due = { days: 30, excludedIds: [] };
  await database.db.transaction().execute(async (one) => {
    const first = await lockSessionEndedBefore(one, due);
    await database.db.transaction().execute(async (other) => {
      const second = await lockSessionEndedBefore(other, due);
      expect([first, second]).toEqual([expect.any(Number), expect.any(Number)]);
      expect(second).not.toBe(first);
      await database.db.transaction().execute(async (third) => {
        expect(await lockSessionEndedBefore(third, due)).toBeUndefined();
      });
      const excludedIds = second === undefined ? [] : [second];
      expect(await lockSessionEndedBefore(other, { days: 30, excludedIds })).toBeUndefined();
    });
  });
});
