import type { Question, VoteInput } from '@classroom/schema';
import { findQuestionAsCaller } from '../../authorization.ts';
import type { AppContext } from '../../context.ts';
import { DomainError } from '../../errors.ts';
import { toQuestion } from '../../presenters.ts';
import { retryOnConflict } from '../../retry-on-conflict.ts';

/**
 * Votes for a question, or takes the vote back. To set what is so already changes nothing.
 *
 * @throws DomainError UNAUTHENTICATED, QUESTION_NOT_FOUND, FORBIDDEN, SESSION_ENDED, UNAVAILABLE
 */
export async function vote(
  { db, castVote }: Pick<AppContext, 'db' | 'castVote'>,
  { questionId, on }: VoteInput,
  tokenHash: Buffer,
): Promise<Question> {
  return await retryOnConflict(async () => {
    const voted = await castVote(questionId, { tokenHash, on });
    if (voted !== undefined) return toQuestion(voted);
    const question = await findQuestionAsCaller(db, questionId, tokenHash);
    if (question.status === 'withdrawn') throw new DomainError('QUESTION_NOT_FOUND');
    if (!question.session_is_open) throw new DomainError('SESSION_ENDED');
    return undefined;
  });
}
