import { type Expression, type QueryCreator, type SqlBool, expressionBuilder, sql } from 'kysely';
import type { Tables } from '../../database.ts';
import { SESSION_IS_OPEN } from './columns.ts';

/**
 * The id of the participant who holds the token with that SHA-256: their own, or a host's on a
 * further device. Whoever was removed holds none any more, and whoever was blocked none that counts.
 */
export function callerId(tokenHash: Expression<Buffer | null>) {
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

/** That `session_participants as caller` is a host, and holds the token with that SHA-256. */
export function isHost(tokenHash: Expression<Buffer>) {
  return sql<SqlBool>`(caller.id = ${callerId(tokenHash)} and caller.role = 'host')`;
}

/**
 * Part of a statement: the caller with that token, in an open session. Session and caller are held
 * first, as their foreign keys would hold them last: who deletes the session waits at its row, who
 * removes the caller at theirs, and neither is waited for by what comes after.
 */
export function callerForShare(tokenHash: Expression<Buffer>) {
  return (db: QueryCreator<Tables>) =>
    db
      .selectFrom('session_participants as caller')
      .innerJoin('sessions as session', 'session.id', 'caller.session_id')
      .where('caller.id', '=', callerId(tokenHash))
      .where(SESSION_IS_OPEN)
      .select(['caller.id', 'caller.role', 'caller.session_id', 'session.code'])
      .forKeyShare(['session', 'caller']);
}
