import type { SessionStatus } from '@classroom/schema';
import { type UpdateObject, sql } from 'kysely';
import type { Database, Tables } from '../database.ts';
import { ConflictError } from '../errors.ts';
import type { SessionsTable } from '../tables.ts';
import {
  type Refusal,
  type SessionCall,
  checkSessionAccess,
  refused,
  selectSessionAccess,
} from './fragments/access.ts';
import { isHost } from './fragments/caller.ts';
import { SESSION_IS_OPEN, type Session } from './fragments/columns.ts';
import { NEXT_STATUS_CHANGE } from './fragments/sequence.ts';

export type UpdateSessionOutcome = { kind: 'changed' | 'unchanged'; session: Session } | Refusal;

interface SessionUpdate {
  /** The statuses that the update applies to. */
  from: readonly SessionStatus[];
  /** The status in which there is nothing to update. */
  alreadySet?: SessionStatus;
  set: UpdateObject<Tables & { session: SessionsTable }, 'session'>;
}

/**
 * Updates an open session if the caller is its host. The statement checks the status again after it
 * has locked the row, so only one of several conflicting parallel calls applies.
 *
 * @throws ConflictError
 */
async function updateSessionAsHost(
  db: Database,
  { code, tokenHash }: SessionCall,
  { from, alreadySet, set }: SessionUpdate,
): Promise<UpdateSessionOutcome> {
  const row = await db
    .with('updated', (db) =>
      db
        .updateTable('sessions as session')
        .from('session_participants as caller')
        .set(set)
        .where('session.code', '=', code)
        .where('session.status', 'in', from)
        .where(SESSION_IS_OPEN)
        .whereRef('caller.session_id', '=', 'session.id')
        .where(isHost(tokenHash))
        .returning('session.status'),
    )
    .with('access', selectSessionAccess(code, tokenHash))
    .selectFrom('access')
    .leftJoin('updated', (join) => join.onTrue())
    .selectAll('access')
    .select('updated.status as updated_status')
    .executeTakeFirstOrThrow();
  const access = checkSessionAccess(row, { role: 'host' });
  if (access.kind === 'refused') return access;
  const { session } = access;
  if (row.updated_status !== null) {
    return { kind: 'changed', session: { ...session, status: row.updated_status } };
  }
  if (session.status === alreadySet) return { kind: 'unchanged', session };
  if (session.status === 'ended') return refused('session-ended');
  throw new ConflictError();
}

/** Makes a draft active. @throws ConflictError */
export async function startSessionAsHost(
  db: Database,
  call: SessionCall,
): Promise<UpdateSessionOutcome> {
  return await updateSessionAsHost(db, call, {
    from: ['draft'],
    alreadySet: 'active',
    set: { ...NEXT_STATUS_CHANGE, status: 'active', started_at: sql`now()` },
  });
}

/** Ends an open session. @throws ConflictError */
export async function endSessionAsHost(
  db: Database,
  call: SessionCall,
): Promise<UpdateSessionOutcome> {
  return await updateSessionAsHost(db, call, {
    from: ['draft', 'active'],
    alreadySet: 'ended',
    set: { ...NEXT_STATUS_CHANGE, status: 'ended', ended_at: sql`now()` },
  });
}

/** Sets an open session to expire `ttlSeconds` from now. @throws ConflictError */
export async function extendSessionAsHost(
  db: Database,
  { ttlSeconds, ...call }: SessionCall & { ttlSeconds: number },
): Promise<UpdateSessionOutcome> {
  return await updateSessionAsHost(db, call, {
    from: ['draft', 'active'],
    set: { expires_at: sql`now() + make_interval(secs => ${ttlSeconds})` },
  });
}
