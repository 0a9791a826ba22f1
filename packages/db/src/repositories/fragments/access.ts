import type { ParticipantRole } from '@classroom/schema';
import { type Nullable, type QueryCreator, sql } from 'kysely';
import type { Tables } from '../../database.ts';
import type { StoredQuestionStatus } from '../../tables.ts';
import { readerId } from './caller.ts';
import {
  ONE_ROW,
  SESSION_COLUMNS,
  SESSION_IS_OPEN,
  SESSION_STATUS,
  type Session,
  type Value,
  toSession,
} from './columns.ts';

export type RefusalReason =
  | 'unauthenticated'
  | 'session-not-found'
  | 'question-not-found'
  | 'forbidden'
  | 'session-ended';

/** The caller lacks the right; the statement changed nothing. */
export interface Refusal {
  kind: 'refused';
  reason: RefusalReason;
}

export const refused = (reason: RefusalReason): Refusal => ({ kind: 'refused', reason });

/** A call that names a session by its join code. */
export interface SessionCall {
  code: string;
  /** SHA-256 of the caller's token. */
  tokenHash: Buffer;
}

export interface SessionAccess {
  kind: 'allowed';
  session: Session;
  participantId: number;
  role: ParticipantRole;
}

/** A session and a caller, each of which may not exist. */
export interface SessionAccessRow extends Nullable<Session> {
  caller_id: number | null;
  caller_role: ParticipantRole | null;
  is_participant: boolean | null;
}

/** Part of a statement: returns exactly one `SessionAccessRow`. */
export function selectSessionAccess(code: Value<string>, tokenHash: Value<Buffer | null>) {
  return (db: QueryCreator<Tables>) =>
    db
      .selectFrom(ONE_ROW)
      .leftJoin('session_participants as caller', (join) =>
        join.on('caller.id', '=', readerId(tokenHash)),
      )
      .leftJoin('sessions as session', (join) => join.on('session.code', '=', code))
      .leftJoin('users as host', 'host.id', 'session.host_user_id')
      .select([
        ...SESSION_COLUMNS,
        SESSION_STATUS,
        'caller.id as caller_id',
        'caller.role as caller_role',
        sql<boolean | null>`caller.session_id = session.id`.as('is_participant'),
      ]);
}

/** Each role has the rights of those before it. */
const RANKS: readonly ParticipantRole[] = ['viewer', 'participant', 'moderator', 'host'];

/** Whether a role has the rights of another. */
export function hasRole(role: ParticipantRole, required: ParticipantRole): boolean {
  return RANKS.indexOf(role) >= RANKS.indexOf(required);
}

/**
 * Checks the caller's rights in a session. Clients see the order of the checks.
 *
 * @param requires the least role, a viewer by default: a change requires a higher one
 */
export function checkSessionAccess(
  row: SessionAccessRow,
  requires: { role?: ParticipantRole; status?: 'open' } = {},
): SessionAccess | Refusal {
  if (row.caller_id === null || row.caller_role === null) return refused('unauthenticated');
  const session = toSession(row);
  if (session === undefined) return refused('session-not-found');
  const isEnded = session.status === 'ended';
  if (row.is_participant !== true) return refused(isEnded ? 'session-not-found' : 'forbidden');
  if (!hasRole(row.caller_role, requires.role ?? 'viewer')) return refused('forbidden');
  if (requires.status === 'open' && isEnded) return refused('session-ended');
  return { kind: 'allowed', session, participantId: row.caller_id, role: row.caller_role };
}

/** A call that names a question by its id. */
export interface QuestionCall {
  questionId: number;
  /** SHA-256 of the caller's token. */
  tokenHash: Buffer;
}

/** A question and a caller, each of which may not exist. */
export interface QuestionAccessRow {
  caller_id: number | null;
  caller_role: ParticipantRole | null;
  is_participant: boolean | null;
  is_author: boolean | null;
  question_status: StoredQuestionStatus | null;
  session_is_open: boolean | null;
}

/** The columns of a `QuestionAccessRow`: `session`, `question` and `session_participants as caller`. */
export const QUESTION_ACCESS_COLUMNS = [
  sql<number | null>`caller.id`.as('caller_id'),
  sql<ParticipantRole | null>`caller.role`.as('caller_role'),
  sql<boolean | null>`caller.session_id = question.session_id`.as('is_participant'),
  sql<boolean | null>`caller.id = question.author_id`.as('is_author'),
  sql<StoredQuestionStatus | null>`question.status`.as('question_status'),
  sql<boolean | null>`${SESSION_IS_OPEN}`.as('session_is_open'),
] as const;

/** Part of a statement: returns exactly one `QuestionAccessRow`. */
export function selectQuestionAccess(questionId: Value<number>, tokenHash: Value<Buffer>) {
  return (db: QueryCreator<Tables>) =>
    db
      .selectFrom(ONE_ROW)
      .leftJoin('session_participants as caller', (join) =>
        join.on('caller.id', '=', readerId(tokenHash)),
      )
      .leftJoin('questions as question', (join) => join.on('question.id', '=', questionId))
      .leftJoin('sessions as session', 'session.id', 'question.session_id')
      .select(QUESTION_ACCESS_COLUMNS);
}

/**
 * Checks the caller's rights to change a question. Clients see the order of the checks.
 *
 * @returns undefined when the caller has the right
 */
export function refuseQuestionChange(
  row: QuestionAccessRow,
  action: 'moderate' | 'vote' | 'withdraw',
): Refusal | undefined {
  const { caller_id, caller_role: role, question_status: status } = row;
  if (caller_id === null || role === null) return refused('unauthenticated');
  const isAuthor = row.is_author === true;
  const isVisible = {
    waiting: isAuthor || hasRole(role, 'moderator'),
    pending: true,
    answered: true,
    hidden: hasRole(role, 'moderator'),
    withdrawn: false,
  };
  if (status === null || !isVisible[status] || row.is_participant !== true) {
    return refused('question-not-found');
  }
  const required = action === 'moderate' ? 'moderator' : 'participant';
  if (!hasRole(role, required)) return refused('forbidden');
  if (action === 'withdraw' && !isAuthor) return refused('forbidden');
  return row.session_is_open === true ? undefined : refused('session-ended');
}
