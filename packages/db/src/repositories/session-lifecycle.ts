import type { SessionJoining, SessionStatus } from '@classroom/schema';
import { type Expression, type SqlBool, type UpdateObject, sql } from 'kysely';
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
import { NEXT_SESSION_CHANGE } from './fragments/sequence.ts';

export type UpdateSessionOutcome = { kind: 'changed' | 'unchanged'; session: Session } | Refusal;

interface SessionUpdate {
  /** The statuses that the update applies to. */
  from: readonly SessionStatus[];
  /** Whether the update changes `session`; always by default. */
  changes?: Expression<SqlBool>;
  /** Whether a session has the new values. */
  alreadySet?: (session: Session) => boolean;
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
  { from, changes = sql<SqlBool>`true`, alreadySet = () => false, set }: SessionUpdate,
): Promise<UpdateSessionOutcome> {
  const row = await db
    .with('updated', (db) =>
      db
        .updateTable('sessions as session')
        .from('session_participants as caller')
        .set(set)
        .where('session.code', '=', code)
        .where('session.status', 'in', from)
        .where(changes)
        .where(SESSION_IS_OPEN)
        .whereRef('caller.session_id', '=', 'session.id')
        .where(isHost(tokenHash))
        .returning([
          'session.title',
          'session.status',
          'session.started_at',
          'session.ended_at',
          'session.expires_at',
          'session.joining',
          'session.moderated',
        ]),
    )
    .with('access', selectSessionAccess(code, tokenHash))
    .selectFrom('access')
    .leftJoin('updated', (join) => join.onTrue())
    .select(['access.id', 'access.code', 'access.created_at'])
    .select(['access.host_user_id', 'access.host_display_name', 'access.host_key_id'])
    .select(['access.caller_id', 'access.caller_role', 'access.is_participant'])
    .select(({ fn }) => [
      fn.coalesce('updated.title', 'access.title').as('title'),
      fn.coalesce('updated.status', 'access.status').as('status'),
      fn.coalesce('updated.started_at', 'access.started_at').as('started_at'),
      fn.coalesce('updated.ended_at', 'access.ended_at').as('ended_at'),
      fn.coalesce('updated.expires_at', 'access.expires_at').as('expires_at'),
      fn.coalesce('updated.joining', 'access.joining').as('joining'),
      fn.coalesce('updated.moderated', 'access.moderated').as('moderated'),
      sql<boolean>`updated.status is not null`.as('is_updated'),
    ])
    .executeTakeFirstOrThrow();
  const access = checkSessionAccess(row, { role: 'host' });
  if (access.kind === 'refused') return access;
  const { session } = access;
  if (row.is_updated) return { kind: 'changed', session };
  if (alreadySet(session)) return { kind: 'unchanged', session };
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
    alreadySet: ({ status }) => status === 'active',
    set: { ...NEXT_SESSION_CHANGE, status: 'active', started_at: sql`now()` },
  });
}

/** Ends an open session. @throws ConflictError */
export async function endSessionAsHost(
  db: Database,
  call: SessionCall,
): Promise<UpdateSessionOutcome> {
  return await updateSessionAsHost(db, call, {
    from: ['draft', 'active'],
    alreadySet: ({ status }) => status === 'ended',
    set: { ...NEXT_SESSION_CHANGE, status: 'ended', ended_at: sql`now()` },
  });
}

const MAX_EXTENDED_LIFE = sql`interval '7 days'`;

/**
 * Sets an open session to expire `ttlSeconds` from now, at most seven days after its creation. Never
 * shortens its life.
 *
 * @throws ConflictError
 */
export async function extendSessionAsHost(
  db: Database,
  { ttlSeconds, ...call }: SessionCall & { ttlSeconds: number },
): Promise<UpdateSessionOutcome> {
  const extended = sql`now() + make_interval(secs => ${ttlSeconds})`;
  return await updateSessionAsHost(db, call, {
    from: ['draft', 'active'],
    set: {
      ...NEXT_SESSION_CHANGE,
      expires_at: sql`
        greatest(session.expires_at, least(${extended}, session.created_at + ${MAX_EXTENDED_LIFE}))
      `,
    },
  });
}

export interface SessionSettings {
  title?: string | undefined;
  joining?: SessionJoining | undefined;
  moderated?: boolean | undefined;
}

/** Changes the settings of an open session. @throws ConflictError */
export async function configureSessionAsHost(
  db: Database,
  { title, joining, moderated, ...call }: SessionCall & SessionSettings,
): Promise<UpdateSessionOutcome> {
  return await updateSessionAsHost(db, call, {
    from: ['draft', 'active'],
    changes: sql<SqlBool>`(
      session.title <> ${title ?? null} or session.joining <> ${joining ?? null}
      or session.moderated <> ${moderated ?? null}
    )`,
    alreadySet: (session) =>
      session.status !== 'ended' &&
      session.title === (title ?? session.title) &&
      session.joining === (joining ?? session.joining) &&
      session.moderated === (moderated ?? session.moderated),
    set: {
      ...NEXT_SESSION_CHANGE,
      ...(title !== undefined && {
        title,
        created_title: sql`coalesce(session.created_title, session.title)`,
      }),
      ...(joining !== undefined && { joining }),
      ...(moderated !== undefined && {
        moderated,
        created_moderated: sql`coalesce(session.created_moderated, session.moderated)`,
      }),
    },
  });
}
