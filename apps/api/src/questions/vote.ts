import { type QuestionRow, type Vote, voteForQuestion } from '@classroom/db';
import type { Question, VoteInput } from '@classroom/schema';
import { DomainError } from '../domain-error.ts';
import { batchByKey } from './batch.ts';
import { findQuestionAsCaller } from './find-question-as-caller.ts';
import type { ChangeDeps } from '../change-deps.ts';
import { toQuestion } from './to-question.ts';
import { untilDecided } from '../until-decided.ts';

/** The most votes in one statement. */
const BATCH = 500;

/** Casts a vote for the question with that id; undefined for whoever may not vote there. */
export type CastVote = (questionId: number, vote: Vote) => Promise<QuestionRow | undefined>;

/**
 * Gathers the votes for each question: this process has one statement for it under way at a time, and
 * so a question that everybody votes for takes one connection, and not all of them.
 */
export function gatherVotes({ db, announce }: ChangeDeps): CastVote {
  return batchByKey<number, Vote, QuestionRow | undefined>(async (questionId, votes) => {
    const { questions, changedSessionId } = await voteForQuestion(db, questionId, votes);
    if (changedSessionId !== undefined) announce(changedSessionId);
    return questions;
  }, BATCH);
}

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
