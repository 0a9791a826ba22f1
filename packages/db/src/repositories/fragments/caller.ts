import type { ParticipantRole } from '@classroom/schema';
import { type QueryCreator, type SqlBool, expressionBuilder, sql } from 'kysely';
import type { Tables } from '../../database.ts';
import { SESSION_IS_OPEN, type Value } from './columns.ts';

/**
 * Selects the id of the participant with a token, given its SHA-256: the participant's own token, or
 * that of a device. Tokens of removed and blocked participants and of revoked devices match nothing.
 * For reads only: viewers can read.
 */
export function readerId(tokenHash: Value<Buffer | null>) {
  return participantsWithToken(tokenHash).unionAll(devicesWithToken(tokenHash));
}

/** As `readerId`, without viewers. Statements that write find their caller by this function. */
export function callerId(tokenHash: Value<Buffer | null>) {
  return participantsWithToken(tokenHash).unionAll(
    devicesWithToken(tokenHash).where('role', '<>', sql.lit('viewer')),
  );
}

function participantsWithToken(tokenHash: Value<Buffer | null>) {
  return expressionBuilder<Tables>()
    .selectFrom('session_participants')
    .where('token_hash', '=', tokenHash)
    .where('blocked_at', 'is', null)
    .select('id');
}

function devicesWithToken(tokenHash: Value<Buffer | null>) {
  return expressionBuilder<Tables>()
    .selectFrom('pairings')
    .where('token_hash', '=', tokenHash)
    .where('revoked_at', 'is', null)
    .select('participant_id as id');
}

/** The roles that may moderate questions. */
export const MODERATORS = (['host', 'moderator'] as const).map((role) =>
  sql.lit<ParticipantRole>(role),
);

/** Whether `session_participants as caller` is the host and has the token with that SHA-256. */
export function isHost(tokenHash: Value<Buffer>) {
  return sql<SqlBool>`(caller.id = ${callerId(tokenHash)} and caller.role = 'host')`;
}

/**
 * Whether `session_participants as caller` may write: is neither removed nor blocked, and no viewer.
 * PostgreSQL checks it again on a locked row, unlike the subquery of `callerId`.
 */
export const IS_MEMBER = sql<SqlBool>`
  case caller.role
    when 'viewer' then false
    when 'moderator' then caller.removal_change_number is null
    else caller.user_id is not null and caller.blocked_at is null
  end
`;

/**
 * Part of a statement: the caller in an open session. Locks the session and the caller FOR KEY SHARE
 * before the statement locks anything else, so that deletions and removals cannot deadlock with it.
 */
export function lockCaller(tokenHash: Value<Buffer>) {
  return (db: QueryCreator<Tables>) =>
    db
      .selectFrom('session_participants as caller')
      .innerJoin('sessions as session', 'session.id', 'caller.session_id')
      .where('caller.id', '=', callerId(tokenHash))
      .where(IS_MEMBER)
      .where(SESSION_IS_OPEN)
      .select(['caller.id', 'caller.role', 'caller.session_id', 'session.code'])
      .forKeyShare(['session', 'caller']);
}
