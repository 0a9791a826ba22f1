import { withdrawQuestionAsAuthor } from '@classroom/db';
import type { WithdrawQuestionInput, WithdrawnQuestion } from '@classroom/schema';
import { toDomainError } from '../../authorization.ts';
import type { AppContext } from '../../context.ts';
import { retryOnConflict } from '../../retry-on-conflict.ts';

/**
 * Withdraws the caller's own question permanently, with its text and votes, which frees its slot.
 * Withdrawing it again changes nothing.
 *
 * @throws DomainError UNAUTHENTICATED, QUESTION_NOT_FOUND, FORBIDDEN, SESSION_ENDED, UNAVAILABLE
 */
export async function withdrawQuestion(
  { db, notifyChanged }: Pick<AppContext, 'db' | 'notifyChanged'>,
  { questionId }: WithdrawQuestionInput,
  tokenHash: Buffer,
): Promise<WithdrawnQuestion> {
  const outcome = await retryOnConflict(() =>
    db
      .transaction()
      .execute((transaction) => withdrawQuestionAsAuthor(transaction, { questionId, tokenHash })),
  );
  if (outcome.kind === 'refused') throw toDomainError(outcome);
  if (outcome.kind === 'withdrawn') notifyChanged(outcome.sessionId);
  return { questionId };
}
