import { type Expression, type RawBuilder, sql } from 'kysely';
import type { Database } from '../database.ts';
import { ConflictError } from '../errors.ts';
import { hashName } from '../hash-name.ts';
import { type Parameter, executeOne, prepared } from '../prepared.ts';
import {
  type Refusal,
  type SessionCall,
  checkSessionAccess,
  refused,
  selectSessionAccess,
} from './fragments/access.ts';
import { SESSION_IS_OPEN } from './fragments/columns.ts';
import { type TargetRefusal, lockTarget, refuseTarget } from './fragments/removal-target.ts';
import {
  SEQUENCE_OF_NUMBERED,
  SEQUENCE_PER_QUESTION,
  numberAffectedQuestions,
} from './fragments/sequence.ts';
import { blockRemovedParticipant } from './participant-blocks.ts';

export interface Removal extends SessionCall {
  participantId: number;
  /** Whether to refuse later joins with the same name or token. */
  block: boolean;
}

export type RemoveParticipantOutcome =
  | {
      kind: 'removed';
      sessionId: number;
      /** False also when a block finds nothing of a participant who left, or was removed by 0.1.0. */
      isBlocked: boolean;
    }
  /** Another participant has the name of the removed participant to block. */
  | { kind: 'name-taken' }
  | TargetRefusal;

export type LeaveSessionOutcome =
  | { kind: 'left'; sessionId: number; userId: number | null }
  | Refusal;

/**
 * Builds the statement of a removal: of a participant by the host or a moderator, or of the caller,
 * whose pending questions are then withdrawn unless they are anonymous.
 */
function buildRemoval(
  db: Database,
  parameter: Parameter<SessionCall>,
  by?: {
    participantId: Expression<number>;
    block: RawBuilder<boolean>;
    nameHash: RawBuilder<Buffer | null>;
  },
) {
  const code = parameter('code', 'text');
  const tokenHash = parameter('tokenHash', 'bytea');
  // Anonymous questions stay: if they disappeared with the participant, everybody would know who asked.
  const isWithdrawn = by
    ? sql<boolean>`false`
    : sql<boolean>`question.status in ('waiting', 'pending')`;
  return (
    db
      .with('target', (db) =>
        lockTarget(db, { code, tokenHash }, by && { ...by, role: 'moderator' }),
      )
      // Each of these is withdrawn or loses its author's name: subscribers receive that as a change.
      .with('affected_questions', (db) =>
        db
          .selectFrom('questions as question')
          .innerJoin('target', 'target.id', 'question.author_id')
          .where('target.user_id', 'is not', null)
          .where('target.blocked_at', 'is', null)
          .where('question.status', '<>', sql.lit('withdrawn'))
          .where('question.anonymous', '=', sql.lit(false))
          .orderBy('question.id')
          .select(['question.id', isWithdrawn.as('is_withdrawn')])
          .forNoKeyUpdate('question'),
      )
      .with('sequence', (db) =>
        db
          .updateTable('sessions as session')
          .from('target')
          .whereRef('session.id', '=', 'target.session_id')
          .where('target.user_id', 'is not', null)
          .where('target.blocked_at', 'is', null)
          .where(SESSION_IS_OPEN)
          .set(SEQUENCE_PER_QUESTION)
          .returning('session.change_number'),
      )
      .with('changed', (db) =>
        db
          .updateTable('session_participants as participant')
          .from(['target', 'sequence'])
          .whereRef('participant.id', '=', 'target.id')
          .set((eb) => {
            const ifBlocked = <T>(value: Expression<T>) =>
              sql<T | null>`case when ${by?.block ?? sql`false`} then ${value} end`;
            return {
              removal_change_number: eb.ref('sequence.change_number'),
              session_slot: null,
              blocked_at: ifBlocked(sql<Date>`now()`),
              user_id: ifBlocked(eb.ref('participant.user_id')),
              name_hash: ifBlocked(eb.ref('participant.name_hash')),
              token_hash: ifBlocked(eb.ref('participant.token_hash')),
              idempotency_key_hash: ifBlocked(eb.ref('participant.idempotency_key_hash')),
              token_seed: ifBlocked(eb.ref('participant.token_seed')),
            };
          })
          .returning(['participant.id', 'participant.blocked_at']),
      )
      .with('changed_questions', (db) =>
        db
          .updateTable('questions as question')
          .from('sequence')
          .innerJoin(numberAffectedQuestions<{ id: number; is_withdrawn: boolean }>(), (join) =>
            join.onTrue(),
          )
          .whereRef('question.id', '=', 'numbered.id')
          .set((eb) => {
            const unlessWithdrawn = <T>(value: Expression<T>) =>
              sql<T>`case when not numbered.is_withdrawn then ${value} end`;
            return {
              change_number: SEQUENCE_OF_NUMBERED,
              status: sql`case when numbered.is_withdrawn then 'withdrawn' else question.status end`,
              body: unlessWithdrawn(eb.ref('question.body')),
              author_slot: unlessWithdrawn(eb.ref('question.author_slot')),
              pinned: sql`question.pinned and not numbered.is_withdrawn`,
              vote_count: sql`case when numbered.is_withdrawn then 0 else question.vote_count end`,
            };
          }),
      )
      .with('stored', (db) =>
        db
          .insertInto('removed_participants')
          .columns(['participant_id', 'user_id', 'token_hash', 'name_hash'])
          .expression(
            db
              .selectFrom('target')
              .innerJoin('changed', 'changed.id', 'target.id')
              .where('changed.blocked_at', 'is', null)
              .where(sql<boolean>`${by !== undefined}`)
              .select(['target.id', 'target.user_id', 'target.token_hash'])
              .select((by?.nameHash ?? sql<null>`null`).as('name_hash')),
          ),
      )
      .with('access', selectSessionAccess(code, tokenHash))
      .selectFrom('access')
      .leftJoin('target', (join) => join.onTrue())
      .leftJoin('changed', (join) => join.onTrue())
      .selectAll('access')
      .select([
        'target.session_id as target_session_id',
        'target.user_id as target_user_id',
        sql<boolean>`coalesce(changed.blocked_at, target.blocked_at) is not null`.as('is_blocked'),
        sql<boolean>`
          target.user_id is null or target.blocked_at is not null or changed.id is not null
        `.as('is_removed'),
        sql<number[]>`
          array(select id::float8 from affected_questions where is_withdrawn)
        `.as('withdrawn_questions'),
      ])
  );
}

const removeByModerator = prepared(
  (db, parameter: Parameter<Removal & { nameHash: Buffer | null }>) =>
    buildRemoval(db, parameter, {
      participantId: parameter('participantId', 'bigint'),
      block: parameter('block', 'boolean'),
      nameHash: parameter('nameHash', 'bytea'),
    }),
);

/**
 * Removes a participant from an open session if the caller is its host or a moderator. The row stays,
 * because questions and votes refer to it, without its user, token and key: user and token move to
 * `removed_participants`, for a later block. A block keeps them in the row, so that the name stays
 * taken. Call it within a transaction.
 *
 * @throws ConflictError
 */
export async function removeParticipantAsModerator(
  db: Database,
  removal: Removal,
): Promise<RemoveParticipantOutcome> {
  const { participantId, block } = removal;
  // A statement of its own, so that the next one sees the questions submitted under the lock.
  const locked = lockTarget(db, removal, { participantId, role: 'moderator' });
  const target = await locked.executeTakeFirst();
  if (target === undefined) return await refuseTarget(db, removal, participantId, 'moderator');
  if (target.user_id === null && block) {
    const outcome = await blockRemovedParticipant(db, target);
    if (outcome.kind === 'name-taken') return outcome;
    return { kind: 'removed', sessionId: target.session_id, isBlocked: outcome.isBlocked };
  }
  const { display_name: displayName } = target;
  const nameHash = displayName === null ? null : hashName(displayName);
  const row = await executeOne(db, removeByModerator({ ...removal, nameHash }));
  const access = checkSessionAccess(row, { role: 'moderator', status: 'open' });
  if (access.kind === 'refused') return access;
  // Another call ended the session or revoked the caller while this one waited for its row.
  if (row.target_session_id === null || !row.is_removed) throw new ConflictError();
  return { kind: 'removed', sessionId: target.session_id, isBlocked: row.is_blocked };
}

const leave = prepared((db, parameter: Parameter<SessionCall>) => buildRemoval(db, parameter));

/**
 * Removes the caller, whose role must be participant, from an open session, and withdraws the caller's
 * pending questions unless they are anonymous. Call it within a transaction: parallel votes wait for
 * the question locks, so the last statement deletes all votes.
 *
 * @throws ConflictError
 */
export async function leaveSession(db: Database, call: SessionCall): Promise<LeaveSessionOutcome> {
  await lockTarget(db, call).execute();
  const row = await executeOne(db, leave(call));
  const { target_session_id: sessionId, target_user_id: userId } = row;
  if (sessionId !== null) {
    if (!row.is_removed) throw new ConflictError();
    const questionIds = row.withdrawn_questions;
    if (questionIds.length > 0) {
      await db
        .deleteFrom('question_votes')
        .where('question_id', '=', sql<number>`any(${questionIds})`)
        .execute();
    }
    return { kind: 'left', sessionId, userId };
  }
  const access = checkSessionAccess(row, { role: 'participant', status: 'open' });
  if (access.kind === 'refused') return access;
  if (access.role !== 'participant') return refused('forbidden');
  throw new ConflictError();
}
