import {
  ConflictError,
  type Database,
  type QuestionAuthor,
  type SubmittedStatus,
  findReplayedQuestion,
  insertQuestion,
} from '@classroom/db';
import {
  PENDING_QUESTION_LIMIT,
  type Question,
  SESSION_QUESTION_LIMIT,
  type SubmitQuestionInput,
} from '@classroom/schema';
import { toDomainError } from '../../authorization.ts';
import type { AppContext } from '../../context.ts';
import { DomainError } from '../../errors.ts';
import { toAuthor } from '../../presenters.ts';
import { retryOnConflict } from '../../retry-on-conflict.ts';
import { hashSecret } from '../../secrets.ts';

/**
 * Submits a question to an open session. An author has at most three pending and waiting questions.
 *
 * @returns the question; an idempotent replay returns the first response, with status `waiting` only
 *   while the question waits
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND, SESSION_ENDED, SESSION_FULL,
 *   MUTED, QUESTION_LIMIT, IDEMPOTENCY_KEY_REUSED, UNAVAILABLE
 */
export async function submitQuestion(
  { db, notifyChanged }: Pick<AppContext, 'db' | 'notifyChanged'>,
  input: SubmitQuestionInput,
  tokenHash: Buffer,
): Promise<Question> {
  const { code, body, anonymous, idempotencyKey } = input;
  const idempotencyKeyHash = idempotencyKey === undefined ? null : hashSecret(idempotencyKey);
  const question = { code, tokenHash, body, anonymous, idempotencyKeyHash };
  return await retryOnConflict(async () => {
    const outcome = await insertQuestion(db, question);
    if (outcome.kind === 'refused') throw toDomainError(outcome);
    if (outcome.kind === 'muted') throw new DomainError('MUTED');
    if (outcome.kind === 'question-limit') {
      throw new DomainError('QUESTION_LIMIT', { limit: PENDING_QUESTION_LIMIT });
    }
    if (outcome.kind === 'session-full') {
      throw new DomainError('SESSION_FULL', { limit: SESSION_QUESTION_LIMIT });
    }
    if (outcome.kind === 'key-used') return await replay(db, input, outcome.callerId);
    notifyChanged(outcome.sessionId);
    return toNewQuestion(body, outcome);
  });
}

/**
 * @throws DomainError IDEMPOTENCY_KEY_REUSED; ConflictError when the first call's question was deleted
 *   in the meantime
 */
async function replay(
  db: Database,
  { code, body, anonymous, idempotencyKey = '' }: SubmitQuestionInput,
  callerId: number,
): Promise<Question> {
  const first = await findReplayedQuestion(db, hashSecret(idempotencyKey));
  if (first === undefined) throw new ConflictError();
  const isSameCaller = first.author_id === callerId && first.session_code === code;
  // A withdrawn question has lost its body.
  const isSameInput = (first.body === null || first.body === body) && first.anonymous === anonymous;
  if (!isSameCaller || !isSameInput) throw new DomainError('IDEMPOTENCY_KEY_REUSED');
  const status = first.status === 'waiting' ? 'waiting' : 'pending';
  return toNewQuestion(body, { id: first.id, status, createdAt: first.created_at, author: first });
}

interface NewQuestion {
  id: number;
  status: SubmittedStatus;
  createdAt: Date;
  author: QuestionAuthor;
}

function toNewQuestion(body: string, { id, status, createdAt, author }: NewQuestion): Question {
  return {
    id,
    body,
    status,
    pinned: false,
    votes: 0,
    voted: false,
    mine: true,
    author: toAuthor(author),
    createdAt: createdAt.toISOString(),
    answeredAt: null,
  };
}
