import type { QuestionRow } from '@classroom/db';
import type { Question } from '@classroom/schema';
import { DomainError } from '../domain-error.ts';
import { toPublicQuestion } from './to-public-question.ts';

/**
 * A question as a participant sees it.
 *
 * @throws DomainError QUESTION_NOT_FOUND for one that was withdrawn
 */
export function toQuestion(row: QuestionRow): Question {
  const question = toPublicQuestion(row);
  if (question === undefined) throw new DomainError('QUESTION_NOT_FOUND');
  return { ...question, voted: row.voted };
}
