import type { DeviceRole, ParticipantRole } from '@classroom/schema';
import { type NotNull, sql } from 'kysely';
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
  /** The role of the device that redeems the code. */
  role: DeviceRole;
}

export type InsertPairingOutcome = { kind: 'created'; expiresAt: Date } | Refusal;

/**
 * Creates a pairing code for the host of an open session and replaces an unredeemed one. Call it within a
 * transaction.
 *
 * @throws ConflictError
 */
export async function insertPairingAsHost(
  db: Database,
  { code, tokenHash, codeHash, ttlSeconds, role }: NewPairing,
): Promise<InsertPairingOutcome> {
  // A statement of its own, so that the next one sees a revocation of the caller that this one waited for.
  await lockCaller(tokenHash)(db).execute();
  const row = await db
    .with('locked_caller', lockCaller(tokenHash))
    .with('created', (db) =>
      db
        .insertInto('pairings')
        .columns(['participant_id', 'code_hash', 'expires_at', 'role'])
        .expression((eb) =>
          eb
            .selectFrom('locked_caller')
            .where('locked_caller.code', '=', code)
            .where('locked_caller.role', '=', sql.lit('host'))
            .select([
              'locked_caller.id',
              sql<Buffer>`cast(${codeHash} as bytea)`.as('code_hash'),
              sql<Date>`now() + make_interval(secs => ${ttlSeconds})`.as('expires_at'),
              sql<DeviceRole>`cast(${role} as text)`.as('role'),
            ]),
        )
        .onConflict((conflict) =>
          conflict
            .column('participant_id')
            .where('token_hash', 'is', null)
            .doUpdateSet((eb) => ({
              code_hash: eb.ref('excluded.code_hash'),
              expires_at: eb.ref('excluded.expires_at'),
              role: eb.ref('excluded.role'),
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
  | {
      kind: 'redeemed';
      session: Session;
      /** The participant that the device acts as. */
      participant: { id: number; role: ParticipantRole; joined_at: Date };
    }
  | { kind: 'wrong-code' }
  | Refusal;

/**
 * Redeems a pairing code: stores the device's token if the code is right. A moderator and a viewer
 * become participants of their own. A wrong guess changes nothing.
 */
export async function redeemPairing(
  db: Database,
  { code, codeHash, tokenHash }: PairingGuess,
): Promise<RedeemPairingOutcome> {
  const row = await db
    // Locked first, as by every change: a deletion of the session cannot deadlock with this one.
    .with('open_session', (db) => findOpenSession(code)(db).forKeyShare('session'))
    // The row lock serialises parallel calls, so the code works once.
    .with('pairing', (db) =>
      db
        .selectFrom('open_session')
        .innerJoin('session_participants as host', 'host.session_id', 'open_session.id')
        .innerJoin('pairings', 'pairings.participant_id', 'host.id')
        .where('host.role', '=', sql.lit('host'))
        .where('pairings.token_hash', 'is', null)
        .where('pairings.code_hash', '=', codeHash)
        .where('pairings.expires_at', '>', sql<Date>`now()`)
        .select(['pairings.id', 'pairings.role', 'host.session_id'])
        .select(['host.id as host_id', 'host.joined_at as host_joined_at'])
        .forUpdate('pairings'),
    )
    .with('new_participant', (db) =>
      db
        .insertInto('session_participants')
        .columns(['session_id', 'role'])
        .expression((eb) =>
          eb
            .selectFrom('pairing')
            .where('pairing.role', '<>', sql.lit('host'))
            .select(['pairing.session_id', 'pairing.role']),
        )
        .returning(['id', 'joined_at']),
    )
    .with('redeemed', (db) =>
      db
        .updateTable('pairings')
        .from('pairing')
        .whereRef('pairings.id', '=', 'pairing.id')
        .set({
          participant_id: sql`coalesce((select id from new_participant), pairing.host_id)`,
          token_hash: tokenHash,
          redeemed_at: sql`now()`,
          code_hash: null,
        })
        .returning(['pairings.participant_id', 'pairings.role']),
    )
    .selectFrom('open_session')
    .leftJoin('redeemed', (join) => join.onTrue())
    .leftJoin('new_participant', (join) => join.onTrue())
    .leftJoin('pairing', (join) => join.onTrue())
    .selectAll('open_session')
    .select(['redeemed.participant_id', 'redeemed.role'])
    .select(({ fn }) =>
      fn.coalesce('new_participant.joined_at', 'pairing.host_joined_at').as('joined_at'),
    )
    .executeTakeFirst();
  if (row === undefined) return refused('session-not-found');
  const { participant_id: id, role, joined_at, ...session } = row;
  if (id === null || role === null || joined_at === null) return { kind: 'wrong-code' };
  return { kind: 'redeemed', session, participant: { id, role, joined_at } };
}

interface DevicesPage {
  sessionId: number;
  /** SHA-256 of the caller's token. */
  tokenHash: Buffer;
  /** The last id of the previous page. */
  afterId: number;
  limit: number;
}

/** Returns a page of the devices of a session that have a valid token, by id. */
export async function findDevices(db: Database, page: DevicesPage) {
  return await db
    .with(
      // The planner would else scan all pairings in the order of the page.
      (cte) => cte('device').materialized(),
      (db) =>
        db
          .selectFrom('session_participants as participant')
          .innerJoin('pairings', 'pairings.participant_id', 'participant.id')
          .where('participant.session_id', '=', page.sessionId)
          .where('participant.role', '<>', sql.lit('participant'))
          .where('pairings.token_hash', 'is not', null)
          .where('pairings.revoked_at', 'is', null)
          .select((eb) => [
            'pairings.id',
            'pairings.role',
            // Processes before this version redeem codes without a time.
            eb.fn.coalesce('pairings.redeemed_at', 'pairings.expires_at').as('created_at'),
            sql<boolean>`pairings.token_hash = ${page.tokenHash}`.as('is_current'),
          ]),
    )
    .selectFrom('device')
    .where('device.id', '>', page.afterId)
    .orderBy('device.id')
    .limit(page.limit)
    .selectAll()
    .$narrowType<{ created_at: NotNull }>()
    .execute();
}
