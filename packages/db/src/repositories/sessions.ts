import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { type Parameter, prepared } from '../prepared.ts';
import { NEXT_STATUS_CHANGE, SESSION_COLUMNS, SESSION_STATUS } from './fragments/columns.ts';

/** A session with its host's name. */
export type Session = NonNullable<Awaited<ReturnType<typeof findSessionByCode>>>;

const sessionByCode = prepared((db, parameter: Parameter<{ code: string }>) =>
  db
    .selectFrom('sessions as session')
    .innerJoin('users as host', 'host.id', 'session.host_user_id')
    .where('session.code', '=', parameter('code', 'text'))
    .select([...SESSION_COLUMNS, SESSION_STATUS]),
);

export async function findSessionByCode(db: Database, code: string) {
  const { rows } = await db.executeQuery(sessionByCode({ code }));
  return rows[0];
}

/**
 * Ends the sessions of one host that are past their time, as of that time, which frees their slots.
 *
 * @returns the ids of those that this call ended
 */
export async function endExpiredSessions(db: Database, hostDisplayName: string): Promise<number[]> {
  const ended = await db
    .updateTable('sessions as session')
    .from('users as host')
    .set((eb) => ({
      ...NEXT_STATUS_CHANGE,
      status: 'ended',
      ended_at: eb.ref('session.expires_at'),
    }))
    .whereRef('host.id', '=', 'session.host_user_id')
    .where('host.display_name', '=', hostDisplayName)
    .where('session.status', '<>', 'ended')
    .where('session.expires_at', '<=', sql<Date>`now()`)
    .returning('session.id')
    .execute();
  return ended.map(({ id }) => id);
}

/**
 * Ends some of the sessions that are past their time, as of that time. Any number of processes may
 * do so at once: each takes what no other has in hand.
 *
 * @param limit how many at most, for a statement that never takes long
 * @returns the ids of those that this call ended
 */
export async function sweepExpiredSessions(db: Database, limit: number): Promise<number[]> {
  const ended = await db
    .with('expired', (db) =>
      db
        .selectFrom('sessions')
        .where('status', '<>', sql.lit('ended'))
        .where('expires_at', '<=', sql<Date>`now()`)
        .orderBy('expires_at')
        .limit(limit)
        .select('id')
        .forUpdate()
        .skipLocked(),
    )
    .updateTable('sessions as session')
    .from('expired')
    .whereRef('session.id', '=', 'expired.id')
    .set((eb) => ({
      ...NEXT_STATUS_CHANGE,
      status: 'ended',
      ended_at: eb.ref('session.expires_at'),
    }))
    .returning('session.id')
    .execute();
  return ended.map(({ id }) => id);
}

/**
 * How many sessions are open; counting stops at `atMost`. It reads the index of the sessions that
 * have not ended, however many have.
 */
export async function countOpenSessions(db: Database, atMost: number): Promise<number> {
  const { rows } = await sql<{ open: number }>`
    select count(*)::int as open from (
      select from sessions where status <> 'ended' and expires_at > now() limit ${atMost}
    ) as counted
  `.execute(db);
  return rows[0]?.open ?? 0;
}
