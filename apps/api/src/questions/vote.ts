import type { Question, VoteInput } from '@classroom/schema';
import { DomainError } from '../domain-error.ts';
import type { CastVote } from './gather-votes.ts';
import { findQuestionAsCaller } from '../access/find-question-as-caller.ts';
import type { ChangeDeps } from '../change-deps.ts';
import { toQuestion } from '../wire/to-question.ts';
import { untilDecided } from '../until-decided.ts';

export interface VoteDeps extends ChangeDeps {
  castVote: CastVote;
}

/**
 * Votes for a question, or takes the vote back. To set what is so already changes nothing.
 *
 * @throws DomainError UNAUTHENTICATED, QUESTION_NOT_FOUND, FORBIDDEN, SESSION_ENDED, UNAVAILABLE
 */
export async function vote(
  { db, castVote }: VoteDeps,
  { questionId, on }: VoteInput,
  tokenHash: Buffer,
): Promise<Question> {
  return await untilDecided(async () => {
    const voted = await castVote(questionId, { tokenHash, on });
    if (voted !== undefined) return toQuestion(voted);
    const question = await findQuestionAsCaller(db, questionId, tokenHash);
    if (question.status === 'withdrawn') throw new DomainError('QUESTION_NOT_FOUND');
    if (!question.session_is_open) throw new DomainError('SESSION_ENDED');
    return undefined;
  });
}
