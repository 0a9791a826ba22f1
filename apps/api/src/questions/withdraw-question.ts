import { withdrawQuestion as withdrawIfAuthor } from '@classroom/db';
import type { WithdrawnQuestion, WithdrawQuestionInput } from '@classroom/schema';
import { DomainError } from '../domain-error.ts';
import { findQuestionAsCaller } from '../access/find-question-as-caller.ts';
import type { ChangeDeps } from '../change-deps.ts';
import { untilDecided } from '../until-decided.ts';

/**
 * Withdraws a question of the caller's own for good, with its text and its votes, which frees its
 * slot. To do so again changes nothing.
 *
 * @throws DomainError UNAUTHENTICATED, QUESTION_NOT_FOUND, FORBIDDEN, SESSION_ENDED, UNAVAILABLE
 */
export async function withdrawQuestion(
  { db, announce }: ChangeDeps,
  { questionId }: WithdrawQuestionInput,
  tokenHash: Buffer,
): Promise<WithdrawnQuestion> {
  return await untilDecided(async () => {
    const sessionId = await db
      .transaction()
      .execute((transaction) => withdrawIfAuthor(transaction, { questionId, tokenHash }));
    if (sessionId !== undefined) {
      announce(sessionId);
      return { questionId };
    }
    const question = await findQuestionAsCaller(db, questionId, tokenHash);
    if (question.author_id !== question.caller_id) throw new DomainError('FORBIDDEN');
    if (question.status === 'withdrawn') return { questionId };
    if (!question.session_is_open) throw new DomainError('SESSION_ENDED');
    return undefined;
  });
}
