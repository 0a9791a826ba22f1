import { type Expression, type QueryCreator, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Database, Tables } from '../database.ts';
import { ConflictError } from '../errors.ts';
import { type Parameter, executeOne, prepared } from '../prepared.ts';
import {
  type Refusal,
  type SessionCall,
  checkSessionAccess,
  refused,
  selectSessionAccess,
} from './fragments/access.ts';
import { callerId, isHost } from './fragments/caller.ts';
import { SESSION_IS_OPEN, type Value } from './fragments/columns.ts';
import { CHANGED_NOW } from './fragments/sequence.ts';

export interface Removal extends SessionCall {
  participantId: number;
  /** Whether to refuse later joins with the same name or token. */
  block: boolean;
}

export type RemoveParticipantOutcome =
  | {
      kind: 'removed';
      sessionId: number;
      /** Null when an earlier call removed the participant. */
      userId: number | null;
      /** False when an earlier call removed the participant without a block. */
      isBlocked: boolean;
    }
  | { kind: 'participant-not-found' }
  | { kind: 'participant-is-host' }
  | Refusal;

export type LeaveSessionOutcome =
  | { kind: 'left'; sessionId: number; userId: number | null }
  | Refusal;

/**
 * Selects and locks the participant to remove from an open session: `participantId` if the caller is the
 * host; without it, the caller.
 */
function lockTarget(
  db: QueryCreator<Tables>,
  call: { code: Value<string>; tokenHash: Value<Buffer>; participantId?: Value<number> },
) {
  const { code, tokenHash, participantId } = call;
  const isTarget =
    participantId === undefined
      ? sql<SqlBool>`(caller.id = ${callerId(tokenHash)} and participant.id = caller.id)`
      : sql<SqlBool>`(${isHost(tokenHash)} and participant.id = ${participantId})`;
  return (
    db
      .selectFrom('sessions as session')
      .innerJoin('session_participants as caller', 'caller.session_id', 'session.id')
      .innerJoin('session_participants as participant', 'participant.session_id', 'session.id')
      .where('session.code', '=', code)
      .where(SESSION_IS_OPEN)
      .where(isTarget)
      .where('participant.role', '=', sql.lit('participant'))
      .select(['participant.id', 'participant.session_id'])
      .select(['participant.user_id', 'participant.blocked_at'])
      // Lock order of every change of questions: session, participant, questions, sequence.
      .forKeyShare('session')
      .forUpdate('participant')
  );
}

/**
 * Builds the statement of a removal: of a participant by the host, or of the caller, whose pending
 * questions are then withdrawn unless they are anonymous.
 */
function buildRemoval(
  db: Database,
  parameter: Parameter<SessionCall>,
  byHost?: { participantId: Expression<number>; block: RawBuilder<boolean> },
) {
  const code = parameter('code', 'text');
  const tokenHash = parameter('tokenHash', 'bytea');
  // Anonymous questions stay: if they disappeared with the participant, everybody would know who asked.
  const isWithdrawn = byHost
    ? sql<boolean>`false`
    : sql<boolean>`question.status in ('waiting', 'pending')`;
  return (
    db
      .with('target', (db) => lockTarget(db, { code, tokenHash, ...byHost }))
      // Each of these is withdrawn or loses its author's name, which subscribers must receive as a change.
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
          .set({
            change_number: sql`
              session.change_number + 1 + (select count(*) from affected_questions)
            `,
            ...CHANGED_NOW,
          })
          .returning('session.change_number'),
      )
      .with('changed', (db) =>
        db
          .updateTable('session_participants as participant')
          .from(['target', 'sequence'])
          .whereRef('participant.id', '=', 'target.id')
          .set((eb) => {
            const ifBlocked = <T>(value: Expression<T>) =>
              sql<T | null>`case when ${byHost?.block ?? sql`false`} then ${value} end`;
            return {
              removal_change_number: eb.ref('sequence.change_number'),
              session_slot: null,
              blocked_at: ifBlocked(sql<Date>`now()`),
              user_id: ifBlocked(eb.ref('participant.user_id')),
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
          .innerJoin(
            sql<{ id: number; is_withdrawn: boolean; n: number }>`
              (select *, row_number() over (order by id) as n from affected_questions)
            `.as('numbered'),
            (join) => join.onTrue(),
          )
          .whereRef('question.id', '=', 'numbered.id')
          .set((eb) => {
            const unlessWithdrawn = <T>(value: Expression<T>) =>
              sql<T>`case when not numbered.is_withdrawn then ${value} end`;
            return {
              change_number: sql`sequence.change_number - numbered.n`,
              status: sql`case when numbered.is_withdrawn then 'withdrawn' else question.status end`,
              body: unlessWithdrawn(eb.ref('question.body')),
              author_slot: unlessWithdrawn(eb.ref('question.author_slot')),
              pinned: sql`question.pinned and not numbered.is_withdrawn`,
              vote_count: sql`case when numbered.is_withdrawn then 0 else question.vote_count end`,
            };
          }),
      )
      .with('access', selectSessionAccess(code, tokenHash))
      .selectFrom('access')
      .leftJoin('target', (join) => join.onTrue())
      .leftJoin('changed', (join) => join.onTrue())
      .selectAll('access')
      .select((eb) => [
        'target.session_id as target_session_id',
        'target.user_id as target_user_id',
        sql<boolean>`coalesce(changed.blocked_at, target.blocked_at) is not null`.as('is_blocked'),
        sql<boolean>`
          target.user_id is null or target.blocked_at is not null or changed.id is not null
        `.as('is_removed'),
        eb
          .exists(
            eb
              .selectFrom('session_participants as participant')
              .where('participant.id', '=', byHost?.participantId ?? eb.ref('access.caller_id'))
              .whereRef('participant.session_id', '=', 'access.id')
              .where('participant.role', '=', sql.lit('participant'))
              .select('participant.id'),
          )
          .as('participant_exists'),
        sql<number[]>`
          array(select id::float8 from affected_questions where is_withdrawn)
        `.as('withdrawn_questions'),
      ])
  );
}

const removeByHost = prepared((db, parameter: Parameter<Removal>) =>
  buildRemoval(db, parameter, {
    participantId: parameter('participantId', 'bigint'),
    block: parameter('block', 'boolean'),
  }),
);

/**
 * Removes a participant from an open session if the caller is its host. The row stays, because
 * questions and votes refer to it, and loses its user, token and key. A block keeps these, so that
 * the name stays taken. Removing a removed or blocked participant changes nothing. Call it within a
 * transaction.
 *
 * @throws ConflictError
 */
export async function removeParticipantAsHost(
  db: Database,
  removal: Removal,
): Promise<RemoveParticipantOutcome> {
  // A statement of its own, so that the next one sees the questions submitted under the lock.
  await lockTarget(db, removal).execute();
  const row = await executeOne(db, removeByHost(removal));
  const { target_session_id: sessionId, target_user_id: userId, is_blocked: isBlocked } = row;
  if (sessionId !== null) {
    // Another call ended the session while this one waited for its row.
    if (!row.is_removed) throw new ConflictError();
    return { kind: 'removed', sessionId, userId, isBlocked };
  }
  const access = checkSessionAccess(row, { role: 'host', status: 'open' });
  if (access.kind === 'refused') return access;
  if (removal.participantId === access.participantId) return { kind: 'participant-is-host' };
  if (row.participant_exists) throw new ConflictError();
  return { kind: 'participant-not-found' };
}

const leave = prepared((db, parameter: Parameter<SessionCall>) => buildRemoval(db, parameter));

/**
 * Removes the caller, who is not a host, from an open session, and withdraws the caller's pending
 * questions unless they are anonymous. Call it within a transaction: parallel votes wait for the question locks, so the last
 * statement deletes all votes.
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
