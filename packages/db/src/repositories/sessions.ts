import type { ParticipantRole } from '@classroom/schema';
import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { type Parameter, executeOne, prepared } from '../prepared.ts';
import {
  type Refusal,
  type SessionAccess,
  type SessionCall,
  checkSessionAccess,
  selectSessionAccess,
} from './fragments/access.ts';
import { SESSION_COLUMNS, SESSION_STATUS, type Session } from './fragments/columns.ts';
import { NEXT_SESSION_CHANGE } from './fragments/sequence.ts';

export { hasRole } from './fragments/access.ts';
export type { Refusal, RefusalReason, SessionAccess } from './fragments/access.ts';
export type { Session } from './fragments/columns.ts';

export async function findSessionByCode(db: Database, code: string): Promise<Session | undefined> {
  return await db
    .selectFrom('sessions as session')
    .innerJoin('users as host', 'host.id', 'session.host_user_id')
    .where('session.code', '=', code)
    .select([...SESSION_COLUMNS, SESSION_STATUS])
    .executeTakeFirst();
}

const sessionAccess = prepared((db, parameter: Parameter<SessionCall>) =>
  selectSessionAccess(parameter('code', 'text'), parameter('tokenHash', 'bytea'))(db),
);

/** Finds a session, open or ended, and the caller's role in it. */
export async function findSessionForCaller(
  db: Database,
  call: SessionCall,
  requires: { role?: ParticipantRole } = {},
): Promise<SessionAccess | Refusal> {
  return checkSessionAccess(await executeOne(db, sessionAccess(call)), requires);
}

const ENDED_AT_EXPIRY = {
  ...NEXT_SESSION_CHANGE,
  status: 'ended',
  ended_at: sql<Date>`session.expires_at`,
} as const;

/** Whose slots a session takes: those of a host key or, without one, of the host's name. */
export type SlotOwner = { hostKeyId: number } | { hostDisplayName: string };

/**
 * Ends the expired sessions of a host as of their expiry, which frees their slots.
 *
 * @returns the ids of the sessions that this call ended
 */
export async function endExpiredSessions(db: Database, owner: SlotOwner): Promise<number[]> {
  const ended = await db
    .updateTable('sessions as session')
    .set(ENDED_AT_EXPIRY)
    .where((eb) =>
      'hostKeyId' in owner
        ? eb('session.host_key_id', '=', owner.hostKeyId)
        : eb.and([
            eb('session.host_key_id', 'is', null),
            eb('session.host_user_id', '=', (users) =>
              users
                .selectFrom('users')
                .where('display_name', '=', owner.hostDisplayName)
                .select('users.id'),
            ),
          ]),
    )
    .where('session.status', '<>', sql.lit('ended'))
    .where('session.expires_at', '<=', sql<Date>`now()`)
    .returning('session.id')
    .execute();
  return ended.map(({ id }) => id);
}

/**
 * Ends up to `limit` expired sessions as of their expiry. Skips locked sessions, so any number of
 * processes can sweep in parallel.
 *
 * @returns the ids of the sessions that this call ended
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
    .set(ENDED_AT_EXPIRY)
    .returning('session.id')
    .execute();
  return ended.map(({ id }) => id);
}

/** Counts open sessions up to `atMost`; uses the partial index of sessions that have not ended. */
export async function countOpenSessions(db: Database, atMost: number): Promise<number> {
  const { open } = await db
    .selectFrom((eb) =>
      eb
        .selectFrom('sessions')
        .where('status', '<>', sql.lit('ended'))
        .where('expires_at', '>', sql<Date>`now()`)
        .select('id')
        .limit(atMost)
        .as('counted'),
    )
    .select(({ fn }) => fn.countAll<number>().as('open'))
    .executeTakeFirstOrThrow();
  return open;
}
