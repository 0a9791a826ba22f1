import type { QueryCreator } from 'kysely';
import type { Tables } from '../../database.ts';
import type { Parameter } from '../../prepared.ts';

/** The stored columns of a new participant's token. */
export interface TokenColumns {
  /** SHA-256 of the token. */
  tokenHash: Buffer;
  /** SHA-256 of the idempotency key, if any. */
  idempotencyKeyHash: Buffer | null;
  /** The token is derived from this seed and the idempotency key. */
  tokenSeed: Buffer | null;
}

/** The columns of a new participant; `tokenValues` fills the last three. */
export const NEW_PARTICIPANT_COLUMNS = [
  'session_id',
  'user_id',
  'name_hash',
  'role',
  'token_hash',
  'idempotency_key_hash',
  'token_seed',
] as const;

export function tokenValues(parameter: Parameter<TokenColumns>) {
  return [
    parameter('tokenHash', 'bytea').as('token_hash'),
    parameter('idempotencyKeyHash', 'bytea').as('idempotency_key_hash'),
    parameter('tokenSeed', 'bytea').as('token_seed'),
  ] as const;
}

/** Part of a statement: the participant created by an earlier call with the same idempotency key. */
export function findIdempotentReplay(parameter: Parameter<TokenColumns>) {
  return (db: QueryCreator<Tables>) =>
    db
      .selectFrom('session_participants')
      .where('idempotency_key_hash', '=', parameter('idempotencyKeyHash', 'bytea'))
      .select('id');
}
