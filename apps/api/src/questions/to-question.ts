import type { QuestionRow } from '@classroom/db';
import type { Question } from '@classroom/schema';
import { DomainError } from '../domain-error.ts';

/**
 * A question as it goes over the wire.
 *
 * @throws DomainError QUESTION_NOT_FOUND for one that was withdrawn
 */
export function toQuestion(row: QuestionRow): Question {
  const { id, body, status, pinned } = row;
  if (status === 'withdrawn' || body === null) throw new DomainError('QUESTION_NOT_FOUND');
  return {
    id,
    body,
    status,
    pinned,
    votes: row.vote_count,
    voted: row.voted,
    author: row.author_name === null ? null : { displayName: row.author_name },
    createdAt: row.created_at.toISOString(),
    answeredAt: row.answered_at?.toISOString() ?? null,
  };
}
