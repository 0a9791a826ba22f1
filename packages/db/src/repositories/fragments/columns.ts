import type { ParticipantRole, SessionJoining, SessionStatus } from '@classroom/schema';
import {
  type Expression,
  type Nullable,
  type QueryCreator,
  type SqlBool,
  expressionBuilder,
  sql,
} from 'kysely';
import type { Tables } from '../../database.ts';
import type { QuestionsTable, StoredQuestionStatus } from '../../tables.ts';

/** A value, or the expression of a prepared statement's parameter. */
export type Value<T> = T | Expression<T>;

/** A session with its host's name. */
export interface Session {
  id: number;
  code: string;
  title: string;
  /** `ended` for a session past its expiry, even before the sweep has recorded it. */
  status: SessionStatus;
  created_at: Date;
  started_at: Date | null;
  /** Null for an expired session until the sweep has recorded its end. */
  ended_at: Date | null;
  expires_at: Date;
  joining: SessionJoining;
  moderated: boolean;
  host_user_id: number;
  host_display_name: string;
  /** The host key that the session belongs to, if any. */
  host_key_id: number | null;
}

/** Returns undefined for a row without a session: a left join returns all of its columns or none. */
export function toSession(row: Nullable<Session>): Session | undefined {
  const { id, code, title, status, created_at, started_at, ended_at, expires_at, joining } = row;
  const { moderated, host_user_id, host_display_name, host_key_id } = row;
  if (id === null || code === null || title === null || status === null) return undefined;
  if (created_at === null || expires_at === null || joining === null) return undefined;
  if (moderated === null || host_user_id === null || host_display_name === null) return undefined;
  const times = { created_at, started_at, ended_at, expires_at };
  const host = { host_user_id, host_display_name, host_key_id };
  return { id, code, title, status, ...times, joining, moderated, ...host };
}

/** The columns of a `Session` except its status: `sessions as session` and `users as host`. */
export const SESSION_COLUMNS = [
  'session.id',
  'session.code',
  'session.title',
  'session.created_at',
  'session.started_at',
  'session.ended_at',
  'session.expires_at',
  'session.joining',
  'session.moderated',
  'session.host_user_id',
  'session.host_key_id',
  'host.display_name as host_display_name',
] as const;

/** The status of `sessions as session`. */
export const SESSION_STATUS = sql<SessionStatus>`
  case when session.expires_at <= now() then 'ended' else session.status end
`.as('status');

/** Whether `sessions as session` has neither ended nor expired. */
export const SESSION_IS_OPEN = sql<SqlBool>`
  (session.status <> 'ended' and session.expires_at > now())
`;

/** One row without columns: a statement that selects from it always returns a row. */
export const ONE_ROW = sql`(select)`.as('one_row');

/** Part of a statement: the open session with that code. */
export function findOpenSession(code: Value<string>) {
  return (db: QueryCreator<Tables>) =>
    db
      .selectFrom('sessions as session')
      .innerJoin('users as host', 'host.id', 'session.host_user_id')
      .where('session.code', '=', code)
      .where(SESSION_IS_OPEN)
      .select([...SESSION_COLUMNS, 'session.status']);
}

export interface QuestionAuthor {
  /** The participant. Only the author may learn it while `author_name` is null. */
  author_id: number;
  /** Null for an anonymous question and for a removed or blocked author. */
  author_name: string | null;
  author_role: ParticipantRole | null;
}

/** A question with the vote of one participant. */
export interface QuestionRow extends QuestionAuthor {
  id: number;
  /** Null for a withdrawn question. */
  body: string | null;
  status: StoredQuestionStatus;
  pinned: boolean;
  vote_count: number;
  created_at: Date;
  answered_at: Date | null;
  voted: boolean;
}

/** Returns undefined for a row without a question: a left join returns all of its columns or none. */
export function toQuestionRow(row: Nullable<QuestionRow>): QuestionRow | undefined {
  const { id, body, status, pinned, vote_count, created_at, answered_at, voted } = row;
  const { author_id, author_name, author_role } = row;
  if (id === null || status === null || pinned === null || vote_count === null) return undefined;
  if (created_at === null || author_id === null || voted === null) return undefined;
  const author = { author_id, author_name, author_role };
  return { id, body, status, pinned, vote_count, created_at, answered_at, ...author, voted };
}

/** The columns of `questions as question` that do not depend on the caller. */
export const QUESTION_COLUMNS = [
  'question.id',
  'question.body',
  'question.status',
  'question.pinned',
  'question.vote_count',
  'question.created_at',
  'question.answered_at',
  'question.author_id',
] as const;

/** A table alias of `session_participants`. */
type ParticipantAlias = 'author' | 'participant';

/**
 * The user under whose name a participant is shown: the host for moderators and viewers, and none for
 * removed participants and revoked devices.
 */
function shownUserId(alias: ParticipantAlias) {
  const column = (name: string) => sql.ref(`${alias}.${name}`);
  return sql<number | null>`
    case
      when ${column('role')} in ('host', 'participant') then ${column('user_id')}
      when ${column('removal_change_number')} is null then (
        select host_user_id from sessions where sessions.id = ${column('session_id')}
      )
    end
  `;
}

/** Whether lists show `session_participants as participant` if it is not blocked. */
export const IS_LISTED = sql<SqlBool>`
  case participant.role
    when 'viewer' then false
    when 'moderator' then participant.removal_change_number is null
    else participant.user_id is not null
  end
`;

/**
 * The name under which a participant is shown, by a subquery: with a join the planner may scan the
 * table of users for a page of rows.
 */
export function selectShownName(alias: ParticipantAlias) {
  return expressionBuilder<Tables>()
    .selectFrom('users')
    .where('users.id', '=', shownUserId(alias))
    .select('users.display_name');
}

/** The name of `session_participants as author` of `question`. */
export const AUTHOR_NAME = sql<string | null>`
  case when not question.anonymous and author.blocked_at is null then ${selectShownName('author')} end
`.as('author_name');

/** The author of `question`, by subqueries for the same reason. */
export function selectAuthor() {
  const eb = expressionBuilder<Tables & { question: QuestionsTable }, 'question'>();
  const author = eb
    .selectFrom('session_participants as author')
    .whereRef('author.id', '=', 'question.author_id');
  return [
    author.select(AUTHOR_NAME).as('author_name'),
    author.select('author.role').as('author_role'),
  ] as const;
}
