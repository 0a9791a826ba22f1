import { pinQuestion as pinIfHost } from '@classroom/db';
import type { PinQuestionInput, Question } from '@classroom/schema';
import { changeQuestionAsHost } from './change-question-as-host.ts';
import type { ChangeDeps } from '../change-deps.ts';

/**
 * Pins a question above all others, or does so no more.
 *
 * @throws DomainError as `changeQuestionAsHost`
 */
export async function pinQuestion(
  deps: ChangeDeps,
  { questionId, on }: PinQuestionInput,
  tokenHash: Buffer,
): Promise<Question> {
  return await changeQuestionAsHost(deps, questionId, tokenHash, () =>
    pinIfHost(deps.db, { questionId, on, tokenHash }),
  );
}
