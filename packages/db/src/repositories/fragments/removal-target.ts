import { type QueryCreator, type SqlBool, sql } from 'kysely';
import type { Database, Tables } from '../../database.ts';
import { ConflictError } from '../../errors.ts';
import {
  type Refusal,
  type SessionCall,
  checkSessionAccess,
  selectSessionAccess,
} from './access.ts';
import { callerId } from './caller.ts';
import { SESSION_IS_OPEN, type Value } from './columns.ts';

/** The participant to remove, block or unblock, and the least role that may do so. */
export interface ByRole {
  participantId: Value<number>;
  role: 'host' | 'moderator';
}

/**
 * Selects and locks a participant of an open session: `by.participantId` if the caller has the role or a
 * higher one; without `by`, the caller.
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
export async function refuseTarget(
  db: Database,
  { code, tokenHash }: SessionCall,
  participantId: number,
  role: ByRole['role'],
): Promise<TargetRefusal> {
  const row = await db
    .with('access', selectSessionAccess(code, tokenHash))
    .selectFrom('access')
    .leftJoin('session_participants as participant', (join) =>
      join
        .on('participant.id', '=', participantId)
        .onRef('participant.session_id', '=', 'access.id'),
    )
    .selectAll('access')
    .select('participant.role as participant_role')
    .executeTakeFirstOrThrow();
  const access = checkSessionAccess(row, { role, status: 'open' });
  if (access.kind === 'refused') return access;
  const { participant_role: found } = row;
  if (found === 'participant') throw new ConflictError();
  if (found === 'host' || found === 'moderator') return { kind: 'not-removable' };
  return { kind: 'participant-not-found' };
}
