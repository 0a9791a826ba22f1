import type { QueryCreator } from 'kysely';
import type { Tables } from '../../database.ts';
import type { Parameter } from '../../prepared.ts';

/** What is kept of the token that a new participant gets. */
export interface NewToken {
  /** SHA-256 of the token. */
  tokenHash: Buffer;
  /** SHA-256 of the idempotency key, when the caller gave one. */
  idempotencyKeyHash: Buffer | null;
  /** What the token was derived from together with that key. */
  tokenSeed: Buffer | null;
}

/** Of a participant who is inserted: who it is, and then `tokenValues`. */
export const NEW_PARTICIPANT_COLUMNS = [
  'session_id',
  'user_id',
  'role',
  'token_hash',
  'idempotency_key_hash',
  'token_seed',
] as const;

export function tokenValues(parameter: Parameter<NewToken>) {
  return [
    parameter('tokenHash', 'bytea').as('token_hash'),
    parameter('idempotencyKeyHash', 'bytea').as('idempotency_key_hash'),
    parameter('tokenSeed', 'bytea').as('token_seed'),
  ] as const;
}

/** Part of a statement: the participant whom an earlier call with the same idempotency key made. */
export function idempotentReplay(parameter: Parameter<NewToken>) {
  return (db: QueryCreator<Tables>) =>
    db
      .selectFrom('session_participants')
      .where('idempotency_key_hash', '=', parameter('idempotencyKeyHash', 'bytea'))
      .select('id');
}
