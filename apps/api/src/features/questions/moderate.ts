import {
  type ChangeQuestionOutcome,
  muteAuthorAsModerator,
  pinQuestionAsModerator,
  setQuestionStatusAsModerator,
} from '@classroom/db';
import type {
  MuteAuthorInput,
  MutedAuthor,
  PinQuestionInput,
  Question,
  SetQuestionStatusInput,
} from '@classroom/schema';
import { toDomainError } from '../../authorization.ts';
import type { AppContext } from '../../context.ts';
import { toQuestion } from '../../presenters.ts';
import { retryOnConflict } from '../../retry-on-conflict.ts';

type Deps = Pick<AppContext, 'db' | 'notifyChanged'>;

/**
 * Approves, answers, hides or reopens a question. Setting the current status changes nothing.
 *
 * @throws DomainError UNAUTHENTICATED, QUESTION_NOT_FOUND, FORBIDDEN, SESSION_ENDED, UNAVAILABLE
 */
export async function setQuestionStatus(
  deps: Deps,
  { questionId, status }: SetQuestionStatusInput,
  tokenHash: Buffer,
): Promise<Question> {
  return await changeQuestion(deps, () =>
    setQuestionStatusAsModerator(deps.db, { questionId, status, tokenHash }),
  );
}

/**
 * Pins or unpins a question.
 *
 * @throws DomainError UNAUTHENTICATED, QUESTION_NOT_FOUND, FORBIDDEN, SESSION_ENDED, UNAVAILABLE
 */
export async function pinQuestion(
  deps: Deps,
  { questionId, on }: PinQuestionInput,
  tokenHash: Buffer,
): Promise<Question> {
  return await changeQuestion(deps, () =>
    pinQuestionAsModerator(deps.db, { questionId, on, tokenHash }),
  );
}

/**
 * Mutes or unmutes the author of a question. Returns the same for every author.
 *
 * @throws DomainError UNAUTHENTICATED, QUESTION_NOT_FOUND, FORBIDDEN, SESSION_ENDED, UNAVAILABLE
 */
export async function muteAuthor(
  { db }: Pick<Deps, 'db'>,
  { questionId, muted }: MuteAuthorInput,
  tokenHash: Buffer,
): Promise<MutedAuthor> {
  const outcome = await retryOnConflict(() =>
    muteAuthorAsModerator(db, { questionId, muted, tokenHash }),
  );
  if (outcome.kind === 'refused') throw toDomainError(outcome);
  return { questionId };
}

async function changeQuestion(
  { notifyChanged }: Deps,
  change: () => Promise<ChangeQuestionOutcome>,
): Promise<Question> {
  const outcome = await retryOnConflict(change);
  if (outcome.kind === 'refused') throw toDomainError(outcome);
  if (outcome.kind === 'changed') notifyChanged(outcome.sessionId);
  return toQuestion(outcome.question, outcome.callerId);
}
