import type { SessionStatus } from '@classroom/schema';
import { type SqlBool, sql } from 'kysely';
import type { StoredQuestionStatus } from '../../tables.ts';

/** What others see of `sessions as session`, with its host's name from `users as host`. */
export const SESSION_COLUMNS = [
  'session.id',
  'session.code',
  'session.title',
  'session.created_at',
  'session.host_user_id',
  'host.display_name as host_display_name',
] as const;

/** When a change is made: at the moment of its statement, not at the begin of its transaction. */
export const CHANGED_NOW = { changed_at: sql<Date>`clock_timestamp()` };

/** The next number of a change, for a statement that changes `status` of `sessions as session`. */
export const NEXT_STATUS_CHANGE = {
  change_number: sql<number>`session.change_number + 1`,
  status_change_number: sql<number>`session.change_number + 1`,
  ...CHANGED_NOW,
};

/** Past its time a session is ended, whether or not that is recorded. */
export const SESSION_STATUS = sql<SessionStatus>`
  case when session.expires_at <= now() then 'ended' else session.status end
`.as('status');

/** That `sessions as session` is open: not ended, and within its time. */
export const SESSION_IS_OPEN = sql<SqlBool>`
  (session.status <> 'ended' and session.expires_at > now())
`;

/** What a caller sees of a question. */
export interface QuestionRow {
  id: number;
  /** Null for one that was withdrawn. */
  body: string | null;
  status: StoredQuestionStatus;
  pinned: boolean;
  vote_count: number;
  created_at: Date;
  answered_at: Date | null;
  author_name: string | null;
  voted: boolean;
}

/** The columns of `questions as question` that others see. */
export const QUESTION_COLUMNS = [
  'question.id',
  'question.body',
  'question.status',
  'question.pinned',
  'question.vote_count',
  'question.created_at',
  'question.answered_at',
] as const;

/** Null when the author asked anonymously, was removed or is blocked. */
export const AUTHOR_NAME = sql<string | null>`
  case when not question.anonymous and author.blocked_at is null then author_user.display_name end
`.as('author_name');
