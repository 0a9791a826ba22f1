import { setQuestionStatus as setIfHost } from '@classroom/db';
import type { Question, SetQuestionStatusInput } from '@classroom/schema';
import { changeQuestionAsHost } from './change-question-as-host.ts';
import type { ChangeDeps } from '../change-deps.ts';

/**
 * Answers or hides a question, or makes it pending again. Setting the status that it has changes
 * nothing.
 *
 * @throws DomainError as `changeQuestionAsHost`
 */
export async function setQuestionStatus(
  deps: ChangeDeps,
  { questionId, status }: SetQuestionStatusInput,
  tokenHash: Buffer,
): Promise<Question> {
  return await changeQuestionAsHost(deps, questionId, tokenHash, () =>
    setIfHost(deps.db, { questionId, status, tokenHash }),
  );
}
