import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { isOvertaken } from '../constraints.ts';
import { newParticipant, newSession, useTestDatabase } from '../testing.ts';
import { addParticipant } from './add-participant.ts';
import { deleteSessions, lockSessionAsHost, lockSessionsEndedBefore } from './delete-sessions.ts';
import { openSession } from './open-session.ts';
import { createPairing } from './pairings.ts';

const database = await useTestDatabase({ max: 20 });

async function opened(overrides: Parameters<typeof newSession>[0] = {}) {
  const session = newSession(overrides);
  await openSession(database.db, session);
  return session;
}
const remove = (host: { code: string; tokenHash: Buffer }) =>
  database.db.transaction().execute(async (transaction) => {
    const id = await lockSessionAsHost(transaction, host);
    if (id !== undefined) await deleteSessions(transaction, [id]);
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

test('with a session go its participants and the names that nobody bears any more', async () => {
  const session = await opened();
  const { hostDisplayName, code } = session;
  const [gone, stays] = [newParticipant({ code }), newParticipant({ code })];
  await addParticipant(database.db, gone);
  await addParticipant(database.db, stays);
  const other = await opened();
  await addParticipant(database.db, {
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

test('a session goes however many took part', async () => {
  const session = await opened();
  const { code } = session;
  await sql`
    with joining as (
      insert into users (display_name) select ${code} || n from generate_series(1, 2500) n
      returning id
    )
    insert into session_participants (session_id, user_id, role, token_hash)
    select sessions.id, joining.id, 'participant', sha256((${code} || joining.id)::bytea)
    from sessions, joining where code = ${code}
  `.execute(database.db);
  await remove(session);
  const { rows } = await sql`select from users where starts_with(display_name, ${code})`.execute(
    database.db,
  );
  expect(rows).toEqual([]);
});

test('nobody but the host deletes', async () => {
  const session = await opened();
  const other = await opened();
  expect(await remove({ code: session.code, tokenHash: other.tokenHash })).toBeUndefined();
  expect(await names([session.hostDisplayName])).toHaveLength(1);
});

test('a name that is taken up while it is deleted stays, or is overtaken', async () => {
  for (let round = 0; round < 30; round += 1) {
    const session = await opened();
    const { hostDisplayName } = session;
    const results = await Promise.allSettled([
      remove(session),
      ...Array.from({ length: 5 }, () => openSession(database.db, newSession({ hostDisplayName }))),
    ]);
    const failed = results.filter((r) => r.status === 'rejected' && !isOvertaken(r.reason));
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

test('who joins while the session is deleted leaves nothing behind', async () => {
  for (let round = 0; round < 20; round += 1) {
    const session = await opened();
    const joining = Array.from({ length: 5 }, () => newParticipant({ code: session.code }));
    const results = await Promise.allSettled([
      remove(session),
      ...joining.map((participant) => addParticipant(database.db, participant)),
    ]);
    const failed = results.filter((r) => r.status === 'rejected' && !isOvertaken(r.reason));
    expect(failed).toEqual([]);
    expect(await names(joining.map(({ displayName }) => displayName))).toEqual([]);
  }
});

test('a pairing code asked for while the session is deleted is one of a session that is gone', async () => {
  for (let round = 0; round < 20; round += 1) {
    const { code, tokenHash, ...session } = newSession();
    await openSession(database.db, { ...session, code, tokenHash });
    const asking = { code, tokenHash, codeHash: randomBytes(32), ttlSeconds: 300, guesses: 3 };
    await Promise.all([
      remove({ code, tokenHash }),
      ...Array.from({ length: 5 }, () => createPairing(database.db, asking)),
    ]);
    expect(await createPairing(database.db, asking)).toBeUndefined();
  }
});

test('what ended long ago is taken by one process only, and what ended lately by none', async () => {
  const long = await Promise.all([opened(), opened()]);
  const lately = await opened();
  const codes = [...long, lately].map(({ code }) => code);
  await sql`
    update sessions set status = 'ended', ended_at = now() - interval '31 days'
    where code = any(${codes})
  `.execute(database.db);
  await sql`
    update sessions set ended_at = now() - interval '29 days' where code = ${lately.code}
  `.execute(database.db);
  const lock = { days: 30, limit: 20 };
  await database.db.transaction().execute(async (one) => {
    const ids = await lockSessionsEndedBefore(one, lock);
    expect(ids).toHaveLength(2);
    await database.db.transaction().execute(async (other) => {
      expect(await lockSessionsEndedBefore(other, lock)).toEqual([]);
    });
    await deleteSessions(one, ids);
  });
  expect(await names(long.map((session) => session.hostDisplayName))).toEqual([]);
  expect(await names([lately.hostDisplayName])).toHaveLength(1);
});
