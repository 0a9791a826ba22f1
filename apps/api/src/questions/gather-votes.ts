import { type QuestionRow, type Vote, voteForQuestion } from '@classroom/db';
import type { ChangeDeps } from '../change-deps.ts';
import { batchByKey } from './batch-by-key.ts';

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
