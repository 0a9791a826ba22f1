import {
  type ChangeQuestionOutcome,
  pinQuestionAsHost,
  setQuestionStatusAsHost,
} from '@classroom/db';
import type { PinQuestionInput, Question, SetQuestionStatusInput } from '@classroom/schema';
import { findQuestionAsCaller } from '../../authorization.ts';
import type { AppContext } from '../../context.ts';
import { DomainError } from '../../errors.ts';
import { toQuestion } from '../../presenters.ts';
import { retryOnConflict } from '../../retry-on-conflict.ts';

/**
 * Answers or hides a question, or makes it pending again. Setting the status that it has changes
 * nothing.
 *
 * @throws DomainError as `changeQuestionAsHost`
 */
export async function setQuestionStatus(
  deps: Pick<AppContext, 'db' | 'notifyChanged'>,
  { questionId, status }: SetQuestionStatusInput,
  tokenHash: Buffer,
): Promise<Question> {
  return await changeQuestionAsHost(deps, questionId, tokenHash, () =>
    setQuestionStatusAsHost(deps.db, { questionId, status, tokenHash }),
  );
}

/**
 * Pins a question above all others, or does so no more.
 *
 * @throws DomainError as `changeQuestionAsHost`
 */
export async function pinQuestion(
  deps: Pick<AppContext, 'db' | 'notifyChanged'>,
  { questionId, on }: PinQuestionInput,
  tokenHash: Buffer,
): Promise<Question> {
  return await changeQuestionAsHost(deps, questionId, tokenHash, () =>
    pinQuestionAsHost(deps.db, { questionId, on, tokenHash }),
  );
}

/**
 * Does to a question what only its host may, and gives it as it is then.
 *
 * @throws DomainError UNAUTHENTICATED, QUESTION_NOT_FOUND, FORBIDDEN, SESSION_ENDED, UNAVAILABLE
 */
export async function changeQuestionAsHost(
  { db, notifyChanged }: Pick<AppContext, 'db' | 'notifyChanged'>,
  questionId: number,
  tokenHash: Buffer,
  change: () => Promise<ChangeQuestionOutcome>,
): Promise<Question> {
  return await retryOnConflict(async () => {
    const outcome = await change();
    if (outcome.kind === 'conflict') return undefined;
    if (outcome.kind === 'changed') notifyChanged(outcome.sessionId);
    const question = await findQuestionAsCaller(db, questionId, tokenHash);
    if (outcome.kind !== 'refused') return toQuestion(question);
    if (question.status === 'withdrawn') throw new DomainError('QUESTION_NOT_FOUND');
    if (question.caller_role !== 'host') throw new DomainError('FORBIDDEN');
    if (!question.session_is_open) throw new DomainError('SESSION_ENDED');
    return undefined;
  });
}
