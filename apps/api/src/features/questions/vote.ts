import type { Question, VoteInput } from '@classroom/schema';
import { toDomainError } from '../../authorization.ts';
import type { AppContext } from '../../context.ts';
import { toQuestion } from '../../presenters.ts';
import { retryOnConflict } from '../../retry-on-conflict.ts';

/**
 * Votes for a question or takes the vote back. Repeating a vote changes nothing.
 *
 * @throws DomainError UNAUTHENTICATED, QUESTION_NOT_FOUND, SESSION_ENDED, UNAVAILABLE
 */
export async function vote(
  { castVote }: Pick<AppContext, 'castVote'>,
  { questionId, on }: VoteInput,
  tokenHash: Buffer,
): Promise<Question> {
  const outcome = await retryOnConflict(() => castVote(questionId, { tokenHash, on }));
  if (outcome.kind === 'refused') throw toDomainError(outcome);
  return toQuestion(outcome.question, outcome.callerId);
}
