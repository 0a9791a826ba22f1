import type { ChangeQuestionOutcome } from '@classroom/db';
import type { Question } from '@classroom/schema';
import { DomainError } from '../domain-error.ts';
import { findQuestionAsCaller } from '../access/find-question-as-caller.ts';
import type { ChangeDeps } from '../change-deps.ts';
import { toQuestion } from '../wire/to-question.ts';
import { untilDecided } from '../until-decided.ts';

/**
 * Does to a question what only its host may, and gives it as it is then.
 *
 * @throws DomainError UNAUTHENTICATED, QUESTION_NOT_FOUND, FORBIDDEN, SESSION_ENDED, UNAVAILABLE
 */
export async function changeQuestionAsHost(
  { db, announce }: ChangeDeps,
  questionId: number,
  tokenHash: Buffer,
  change: () => Promise<ChangeQuestionOutcome>,
): Promise<Question> {
  return await untilDecided(async () => {
    const outcome = await change();
    if (outcome.kind === 'overtaken') return undefined;
    if (outcome.kind === 'changed') announce(outcome.sessionId);
    const question = await findQuestionAsCaller(db, questionId, tokenHash);
    if (outcome.kind !== 'refused') return toQuestion(question);
    if (question.status === 'withdrawn') throw new DomainError('QUESTION_NOT_FOUND');
    if (question.caller_role !== 'host') throw new DomainError('FORBIDDEN');
    if (!question.session_is_open) throw new DomainError('SESSION_ENDED');
    return undefined;
  });
}
