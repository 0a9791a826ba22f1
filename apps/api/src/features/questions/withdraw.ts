import { withdrawQuestionAsAuthor } from '@classroom/db';
import type { WithdrawQuestionInput, WithdrawnQuestion } from '@classroom/schema';
import { findQuestionAsCaller } from '../../authorization.ts';
import type { AppContext } from '../../context.ts';
import { DomainError } from '../../errors.ts';
import { retryOnConflict } from '../../retry-on-conflict.ts';

/**
 * Withdraws a question of the caller's own for good, with its text and its votes, which frees its
 * slot. To do so again changes nothing.
 *
 * @throws DomainError UNAUTHENTICATED, QUESTION_NOT_FOUND, FORBIDDEN, SESSION_ENDED, UNAVAILABLE
 */
export async function withdrawQuestion(
  { db, notifyChanged }: Pick<AppContext, 'db' | 'notifyChanged'>,
  { questionId }: WithdrawQuestionInput,
  tokenHash: Buffer,
): Promise<WithdrawnQuestion> {
  return await retryOnConflict(async () => {
    const sessionId = await db
      .transaction()
      .execute((transaction) => withdrawQuestionAsAuthor(transaction, { questionId, tokenHash }));
    if (sessionId !== undefined) {
      notifyChanged(sessionId);
      return { questionId };
    }
    const question = await findQuestionAsCaller(db, questionId, tokenHash);
    if (question.author_id !== question.caller_id) throw new DomainError('FORBIDDEN');
    if (question.status === 'withdrawn') return { questionId };
    if (!question.session_is_open) throw new DomainError('SESSION_ENDED');
    return undefined;
  });
}
