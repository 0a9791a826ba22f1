import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { isConflict } from '../errors.ts';
import {
  ageSession,
  countDeletedRows,
  createTestDatabase,
  insertParticipants,
  insertQuestions,
  insertVotes,
  newParticipant,
  newSession,
  useTestDatabase,
} from '../testing.ts';
import { insertPairing } from './host-devices.ts';
import { insertParticipant } from './insert-participant.ts';
import { insertSession } from './insert-session.ts';
import { deleteSession, lockSessionAsHost, lockSessionEndedBefore } from './session-deletion.ts';
import { endSessionAsHost } from './session-lifecycle.ts';

const database = await useTestDatabase({ max: 20 });

async function opened(overrides: Parameters<typeof newSession>[0] = {}) {
  const session = newSession(overrides);
  await insertSession(database.db, session);
  return session;
}
const remove = (host: { code: string; tokenHash: Buffer }) =>
  database.db.transaction().execute(async (transaction) => {
    const id = await lockSessionAsHost(transaction, host);
    if (id !== undefined) await deleteSession(transaction, id);
    return id;
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
  const session = await opened();
  const { hostDisplayName, code } = session;
  const [gone, stays] = [newParticipant({ code }), newParticipant({ code })];
  await insertParticipant(database.db, gone);
  await insertParticipant(database.db, stays);
  const other = await opened();
  await insertParticipant(database.db, {
    ...stays,
    ...newParticipant({ code: other.code }),
    displayName: stays.displayName,
  });

  expect(await remove(session)).toEqual(expect.any(Number));
  expect(await names([hostDisplayName, gone.displayName, stays.displayName])).toEqual([
    stays.displayName,
  ]);
  expect(await remove(session)).toBeUndefined();
});

test('no statement deletes more than 2,000 rows, however they are distributed', async () => {
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
      const id = await lockSessionAsHost(transaction, session);
      if (id !== undefined) await deleteSession(transaction, id);
    });
  }
  const most = await mostDeleted();
  expect(Object.keys(most)).toHaveLength(3);
  expect(Math.max(...Object.values(most))).toBeLessThanOrEqual(2000);
  for (const table of ['sessions', 'users'] as const) {
    expect(await db.selectFrom(table).select('id').execute()).toEqual([]);
  }
});

test('a session is deleted with the token of its host only', async () => {
  const session = await opened();
  const other = await opened();
  expect(await remove({ code: session.code, tokenHash: other.tokenHash })).toBeUndefined();
  expect(await names([session.hostDisplayName])).toHaveLength(1);
});

test('a user referenced while being deleted stays, or the reference fails with a retryable conflict', async () => {
  for (let round = 0; round < 30; round += 1) {
    const session = await opened();
    const { hostDisplayName } = session;
    const results = await Promise.allSettled([
      remove(session),
      ...Array.from({ length: 5 }, () =>
        insertSession(database.db, newSession({ hostDisplayName })),
      ),
    ]);
    const failed = results.filter((r) => r.status === 'rejected' && !isConflict(r.reason));
    expect(failed).toEqual([]);
    const { rows } = await sql<{ sessions: number; names: number }>`
      select count(sessions.id)::int as sessions, count(distinct users.id)::int as names
      from users left join sessions on sessions.host_user_id = users.id
      where display_name = ${hostDisplayName}
    `.execute(database.db);
    const open = results.filter(
      (r) => r.status === 'fulfilled' && typeof r.value === 'object' && r.value.kind === 'opened',
    ).length;
    expect(rows).toEqual([{ sessions: open, names: open > 0 ? 1 : 0 }]);
  }
});

test('a join to a session that is being deleted leaves no user behind', async () => {
  for (let round = 0; round < 20; round += 1) {
    const session = await opened();
    const joining = Array.from({ length: 5 }, () => newParticipant({ code: session.code }));
    const results = await Promise.allSettled([
      remove(session),
      ...joining.map((participant) => insertParticipant(database.db, participant)),
    ]);
    const failed = results.filter((r) => r.status === 'rejected' && !isConflict(r.reason));
    expect(failed).toEqual([]);
    expect(await names(joining.map(({ displayName }) => displayName))).toEqual([]);
  }
});

test('a session deleted in parallel to pairing requests issues no pairing code afterwards', async () => {
  for (let round = 0; round < 20; round += 1) {
    const { code, tokenHash, ...session } = newSession();
    await insertSession(database.db, { ...session, code, tokenHash });
    const asking = { code, tokenHash, codeHash: randomBytes(32), ttlSeconds: 300, guesses: 3 };
    await Promise.all([
      remove({ code, tokenHash }),
      ...Array.from({ length: 5 }, () => insertPairing(database.db, asking)),
    ]);
    expect(await insertPairing(database.db, asking)).toBeUndefined();
  }
});

test('a session past its retention is locked by one process only, a recent one by none', async () => {
  const long = [await opened(), await opened()];
  const lately = await opened();
  for (const session of [...long, lately]) {
    await endSessionAsHost(database.db, session);
    await ageSession(database.db, session.code, session === lately ? 29 : 31);
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
