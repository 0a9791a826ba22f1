import type { ParticipantRole } from '@classroom/schema';
import { type Expression, type QueryCreator, type SqlBool, expressionBuilder, sql } from 'kysely';
import type { Tables } from '../../database.ts';
import { ConflictError } from '../../errors.ts';
import {
  type Refusal,
  type SessionAccessRow,
  checkSessionAccess,
  selectSessionAccess,
} from './access.ts';
import { callerId } from './caller.ts';
import { SESSION_IS_OPEN, type Value } from './columns.ts';

/** Who may remove a participant: the participant itself, or a caller with this role. */
export interface ByRole {
  participantId: Value<number>;
  role: 'host' | 'moderator';
}

/**
 * Selects and locks a participant to remove, block or unblock in an open session: `by.participantId` if
 * the caller has the role; without `by`, the caller.
 */
export function lockTarget(
  db: QueryCreator<Tables>,
  call: { code: Value<string>; tokenHash: Value<Buffer> },
  by?: ByRole,
) {
  const isCaller = sql<SqlBool>`caller.id = ${callerId(call.tokenHash)}`;
  const isTarget =
    by === undefined
      ? sql<SqlBool>`participant.id = caller.id`
      : sql<SqlBool>`participant.id = ${by.participantId} and ${hasRoleOf(by.role)}`;
  return (
    db
      .selectFrom('sessions as session')
      .innerJoin('session_participants as caller', 'caller.session_id', 'session.id')
      .innerJoin('session_participants as participant', 'participant.session_id', 'session.id')
      .where('session.code', '=', call.code)
      .where(SESSION_IS_OPEN)
      .where(sql<SqlBool>`(${isCaller} and ${isTarget})`)
      .where('participant.role', '=', sql.lit('participant'))
      .select(['participant.id', 'participant.session_id'])
      .select(['participant.user_id', 'participant.blocked_at', 'participant.token_hash'])
      .select((eb) =>
        eb
          .selectFrom('users')
          .whereRef('users.id', '=', 'participant.user_id')
          .select('users.display_name')
          .as('display_name'),
      )
      // Lock order of every change of questions: session, participant, questions, sequence.
      .forKeyShare('session')
      .forUpdate('participant')
  );
}

function hasRoleOf(role: ByRole['role']) {
  return role === 'host'
    ? sql<SqlBool>`caller.role = 'host'`
    : sql<SqlBool>`caller.role in ('host', 'moderator')`;
}

/** Selects the role of a participant of a session; null for an id of another session. */
export function selectRoleIn(sessionId: Expression<number | null>, participantId: Value<number>) {
  return expressionBuilder<Tables>()
    .selectFrom('session_participants as participant')
    .where('participant.id', '=', participantId)
    .where('participant.session_id', '=', sessionId)
    .select('participant.role');
}

export type TargetRefusal =
  | Refusal
  | { kind: 'participant-not-found' }
  /** The id is that of the host or a moderator. */
  | { kind: 'not-removable' };

/**
 * Returns why `lockTarget` found no participant.
 *
 * @throws ConflictError when it finds one by now
 */
export function refuseTarget(
  row: SessionAccessRow & { participant_role: ParticipantRole | null },
  role: ByRole['role'],
): TargetRefusal {
  const access = checkSessionAccess(row, { role, status: 'open' });
  if (access.kind === 'refused') return access;
  const { participant_role: found } = row;
  if (found === 'participant') throw new ConflictError();
  if (found === 'host' || found === 'moderator') return { kind: 'not-removable' };
  return { kind: 'participant-not-found' };
}

/** Selects the row for `refuseTarget`. */
export function selectTargetRefusal(
  db: QueryCreator<Tables>,
  call: { code: string; tokenHash: Buffer },
  participantId: number,
) {
  return db
    .with('access', selectSessionAccess(call.code, call.tokenHash))
    .selectFrom('access')
    .selectAll('access')
    .select((eb) => selectRoleIn(eb.ref('access.id'), participantId).as('participant_role'));
}
