import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { mapConflicts } from '../errors.ts';
import { hashName } from '../hash-name.ts';
import type { SessionCall } from './fragments/access.ts';
import { type TargetRefusal, lockTarget, refuseTarget } from './fragments/removal-target.ts';

export type { TargetRefusal };

export type BlockRemovedOutcome =
  /** False when nothing is stored of the participant. */
  | { kind: 'stored'; isBlocked: boolean }
  /** Another participant has the name. */
  | { kind: 'name-taken' };

/**
 * Blocks a removed participant, whose row the transaction has locked: the row gets back the name and the
 * token, so that both are refused from then on.
 *
 * @throws ConflictError
 */
export async function blockRemovedParticipant(
  db: Database,
  target: { id: number; session_id: number },
): Promise<BlockRemovedOutcome> {
  const stored = await db
    .selectFrom('removed_participants as removed')
    .where('removed.participant_id', '=', target.id)
    .select(['removed.user_id', 'removed.token_hash', 'removed.name_hash'])
    .select((eb) =>
      eb
        .exists(
          eb
            .selectFrom('session_participants as participant')
            .where('participant.session_id', '=', target.session_id)
            // Participants without a hash are found by the exact name.
            .where((namesake) =>
              namesake.or([
                namesake('participant.name_hash', '=', namesake.ref('removed.name_hash')),
                namesake('participant.user_id', '=', namesake.ref('removed.user_id')),
              ]),
            )
            .select('participant.id'),
        )
        .as('name_is_taken'),
    )
    .executeTakeFirst();
  if (stored === undefined) return { kind: 'stored', isBlocked: false };
  const { name_is_taken, ...identity } = stored;
  if (name_is_taken) return { kind: 'name-taken' };

  const restored = db
    .updateTable('session_participants')
    .where('id', '=', target.id)
    .set({ ...identity, blocked_at: sql<Date>`now()` })
    .execute();
  await mapConflicts(restored);
  await db.deleteFrom('removed_participants').where('participant_id', '=', target.id).execute();
  return { kind: 'stored', isBlocked: true };
}

export interface Unblocking extends SessionCall {
  participantId: number;
}

/**
 * Lifts a block in an open session if the caller is the host. The participant stays removed: name and
 * token move to `removed_participants`, and the name is free. Call it within a transaction.
 *
 * @throws ConflictError
 */
export async function unblockParticipantAsHost(
  db: Database,
  { participantId, ...call }: Unblocking,
): Promise<{ kind: 'unblocked' } | TargetRefusal> {
  const target = await lockTarget(db, call, { participantId, role: 'host' }).executeTakeFirst();
  if (target === undefined) return await refuseTarget(db, call, participantId, 'host');
  const { id, user_id, token_hash, blocked_at, display_name } = target;
  if (blocked_at === null || user_id === null || token_hash === null || display_name === null) {
    return { kind: 'unblocked' };
  }
  const name_hash = hashName(display_name);
  await db
    .insertInto('removed_participants')
    .values({ participant_id: id, user_id, token_hash, name_hash })
    .execute();
  await db
    .updateTable('session_participants')
    .where('id', '=', id)
    .set({ blocked_at: null, ...NO_IDENTITY })
    .execute();
  return { kind: 'unblocked' };
}

const NO_IDENTITY = {
  user_id: null,
  name_hash: null,
  token_hash: null,
  idempotency_key_hash: null,
  token_seed: null,
};
