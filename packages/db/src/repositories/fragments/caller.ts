import { type QueryCreator, type SqlBool, expressionBuilder, sql } from 'kysely';
import type { Tables } from '../../database.ts';
import { SESSION_IS_OPEN, type Value } from './columns.ts';

/**
 * Selects the id of the participant with a token, given its SHA-256: the participant's own token, or
 * that of a host's further device. Tokens of removed and blocked participants match nothing.
 */
export function callerId(tokenHash: Value<Buffer | null>) {
  const builder = expressionBuilder<Tables>();
  return builder
    .selectFrom('session_participants')
    .where('token_hash', '=', tokenHash)
    .where('blocked_at', 'is', null)
    .select('id')
    .unionAll(
      builder
        .selectFrom('pairings')
        .where('token_hash', '=', tokenHash)
        .select('participant_id as id'),
    );
}

/** Whether `session_participants as caller` is a host and has the token with that SHA-256. */
export function isHost(tokenHash: Value<Buffer>) {
  return sql<SqlBool>`(caller.id = ${callerId(tokenHash)} and caller.role = 'host')`;
}

/**
 * Whether `session_participants as caller` is neither removed nor blocked. PostgreSQL checks it again
 * on the row that it has locked, which it does not do with the subquery of `callerId`.
 */
export const IS_MEMBER = sql<SqlBool>`(caller.user_id is not null and caller.blocked_at is null)`;

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
