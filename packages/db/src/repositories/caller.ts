import { type Expression, expressionBuilder, sql, type SqlBool } from 'kysely';
import type { Tables } from '../database.ts';

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
