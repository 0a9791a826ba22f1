import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { isHost } from './caller.ts';
import { deleteOrphanedNames } from './users.ts';

/**
 * Within a transaction: keeps everybody else off a session until its end, if the token is its host's.
 *
 * @returns the id of the session
 */
export async function lockSessionAsHost(
  db: Database,
  { code, tokenHash }: { code: string; tokenHash: Buffer },
): Promise<number | undefined> {
  const locked = await db
    .selectFrom('sessions as session')
    .innerJoin('session_participants as caller', 'caller.session_id', 'session.id')
    .where('session.code', '=', code)
    .where(isHost(sql.val(tokenHash)))
    .select('session.id')
    .forUpdate('session')
    .executeTakeFirst();
  return locked?.id;
}

/**
 * Within a transaction: takes some of the sessions that ended so long ago, those that no other
 * process has in hand.
 *
 * @returns their ids
 */
export async function lockSessionsEndedBefore(
  db: Database,
  { days, limit }: { days: number; limit: number },
): Promise<number[]> {
  const locked = await db
    .selectFrom('sessions')
    .where('status', '=', sql.lit('ended'))
    .where('ended_at', '<', sql<Date>`now() - make_interval(days => ${days})`)
    .orderBy('ended_at')
    .limit(limit)
    .select('id')
    .forUpdate()
    .skipLocked()
    .execute();
  return locked.map(({ id }) => id);
}

/** So few participants, with what they asked and voted, that no statement takes too long. */
const CHUNK = 1_000;

/**
 * Within a transaction: deletes sessions that it has locked, however large, with all that belongs to
 * them, and the names that nobody bears any more.
 */
export async function deleteSessions(db: Database, sessionIds: number[]): Promise<void> {
  const userIds: number[] = [];
  for (let deleted = CHUNK; deleted === CHUNK;) {
    const participants = await deleteSomeParticipants(db, sessionIds);
    userIds.push(...participants.flatMap(({ user_id }) => user_id ?? []));
    deleted = participants.length;
  }
  await db
    .deleteFrom('sessions')
    .where('id', '=', sql<number>`any(${sessionIds})`)
    .execute();
  await deleteOrphanedNames(db, userIds);
}

async function deleteSomeParticipants(db: Database, sessionIds: number[]) {
  return await db
    .deleteFrom('session_participants')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('session_participants')
        .where('session_id', '=', sql<number>`any(${sessionIds})`)
        .select('id')
        .limit(CHUNK),
    )
    .returning('user_id')
    .execute();
}
