import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { ConflictError } from '../errors.ts';
import {
  type Refusal,
  type SessionCall,
  checkSessionAccess,
  refused,
  selectSessionAccess,
} from './fragments/access.ts';
import { lockCaller } from './fragments/caller.ts';
import { type Session, findOpenSession } from './fragments/columns.ts';

export interface NewPairing extends SessionCall {
  codeHash: Buffer;
  ttlSeconds: number;
  /** The number of attempts to redeem the code. */
  guesses: number;
}

export type InsertPairingOutcome = { kind: 'created'; expiresAt: Date } | Refusal;

/**
 * Creates a pairing code for the host of an open session and replaces an unredeemed one.
 *
 * @throws ConflictError
 */
export async function insertPairingAsHost(
  db: Database,
  { code, tokenHash, codeHash, ttlSeconds, guesses }: NewPairing,
): Promise<InsertPairingOutcome> {
  const row = await db
    .with('locked_caller', lockCaller(tokenHash))
    .with('created', (db) =>
      db
        .insertInto('pairings')
        .columns(['participant_id', 'code_hash', 'expires_at', 'guesses_left'])
        .expression((eb) =>
          eb
            .selectFrom('locked_caller')
            .where('locked_caller.code', '=', code)
            .where('locked_caller.role', '=', sql.lit('host'))
            .select([
              'locked_caller.id',
              sql<Buffer>`cast(${codeHash} as bytea)`.as('code_hash'),
              sql<Date>`now() + make_interval(secs => ${ttlSeconds})`.as('expires_at'),
              sql<number>`cast(${guesses} as smallint)`.as('guesses_left'),
            ]),
        )
        .onConflict((conflict) =>
          conflict
            .column('participant_id')
            .where('token_hash', 'is', null)
            .doUpdateSet((eb) => ({
              code_hash: eb.ref('excluded.code_hash'),
              expires_at: eb.ref('excluded.expires_at'),
              guesses_left: eb.ref('excluded.guesses_left'),
            })),
        )
        .returning('expires_at'),
    )
    .with('access', selectSessionAccess(code, tokenHash))
    .selectFrom('access')
    .leftJoin('created', (join) => join.onTrue())
    .selectAll('access')
    .select('created.expires_at as pairing_expires_at')
    .executeTakeFirstOrThrow();
  const access = checkSessionAccess(row, { role: 'host', status: 'open' });
  if (access.kind === 'refused') return access;
  if (row.pairing_expires_at === null) throw new ConflictError();
  return { kind: 'created', expiresAt: row.pairing_expires_at };
}

export interface PairingGuess {
  code: string;
  codeHash: Buffer;
  /** SHA-256 of the device's new token. */
  tokenHash: Buffer;
}

export type RedeemPairingOutcome =
  | { kind: 'redeemed'; session: Session }
  | { kind: 'wrong-code' }
  | Refusal;

/** Redeems a pairing code: stores the device's token if the code is right. Every guess uses one attempt. */
export async function redeemPairing(
  db: Database,
  { code, codeHash, tokenHash }: PairingGuess,
): Promise<RedeemPairingOutcome> {
  const row = await db
    .with('open_session', findOpenSession(code))
    // The row lock serialises parallel guesses, so the code works once.
    .with('guess', (db) =>
      db
        .updateTable('pairings')
        .from(['open_session', 'session_participants as host'])
        .whereRef('host.session_id', '=', 'open_session.id')
        .where('host.role', '=', sql.lit('host'))
        .whereRef('pairings.participant_id', '=', 'host.id')
        .where('pairings.token_hash', 'is', null)
        .where('pairings.guesses_left', '>', 0)
        .where('pairings.expires_at', '>', sql<Date>`now()`)
        .set((eb) => ({
          guesses_left: eb('pairings.guesses_left', '-', 1),
          token_hash: eb
            .case()
            .when('pairings.code_hash', '=', codeHash)
            .then(sql<Buffer>`cast(${tokenHash} as bytea)`)
            .end(),
        }))
        .returning('pairings.token_hash'),
    )
    .selectFrom('open_session')
    .leftJoin('guess', (join) => join.onTrue())
    .selectAll('open_session')
    .select(sql<boolean>`guess.token_hash is not null`.as('is_redeemed'))
    .executeTakeFirst();
  if (row === undefined) return refused('session-not-found');
  const { is_redeemed: isRedeemed, ...session } = row;
  return isRedeemed ? { kind: 'redeemed', session } : { kind: 'wrong-code' };
}
