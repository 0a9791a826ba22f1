import { type Expression, sql } from 'kysely';
import type { Database } from '../database.ts';
import type { StoredQuestionStatus } from '../tables/questions.ts';
import { callerId } from './caller.ts';

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

/** Questions as whoever holds that token sees them. */
export function selectQuestions(db: Database, tokenHash: Expression<Buffer>) {
  return db
    .selectFrom('questions as question')
    .innerJoin('session_participants as author', 'author.id', 'question.author_id')
    .leftJoin('users as author_user', 'author_user.id', 'author.user_id')
    .leftJoin('question_votes as vote', (join) =>
      join
        .onRef('vote.question_id', '=', 'question.id')
        .on('vote.participant_id', '=', callerId(tokenHash)),
    )
    .select(QUESTION_COLUMNS)
    .select([AUTHOR_NAME, sql<boolean>`vote.question_id is not null`.as('voted')]);
}
