import {
  type Database,
  findReplayedQuestion,
  findParticipantByToken,
  insertQuestion,
} from '@classroom/db';
import {
  PENDING_QUESTION_LIMIT,
  type Question,
  SESSION_QUESTION_LIMIT,
  type SubmitQuestionInput,
} from '@classroom/schema';
import { findSessionAsParticipant } from '../../authorization.ts';
import type { AppContext } from '../../context.ts';
import { DomainError } from '../../errors.ts';
import { orOvertaken, retryOnConflict } from '../../retry-on-conflict.ts';
import { hashSecret } from '../../secrets.ts';

/**
 * Submits a question to an open session. An author has at most three that are pending.
 *
 * @returns the question; for a repeated `idempotencyKey` what the first call returned
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND, SESSION_ENDED, SESSION_FULL,
 *   QUESTION_LIMIT, IDEMPOTENCY_KEY_REUSED, UNAVAILABLE
 */
export async function submitQuestion(
  { db, notifyChanged }: Pick<AppContext, 'db' | 'notifyChanged'>,
  input: SubmitQuestionInput,
  tokenHash: Buffer,
): Promise<Question> {
  const { code, body, anonymous, idempotencyKey } = input;
  const idempotencyKeyHash = idempotencyKey === undefined ? null : hashSecret(idempotencyKey);
  return await retryOnConflict(async () => {
    const outcome = await orOvertaken(
      insertQuestion(db, { code, tokenHash, body, anonymous, idempotencyKeyHash }),
    );
    switch (outcome.kind) {
      case 'submitted':
        notifyChanged(outcome.sessionId);
        return toNewQuestion(body, outcome);
      case 'limit':
        throw new DomainError('QUESTION_LIMIT', { limit: PENDING_QUESTION_LIMIT });
      case 'session-full':
        throw new DomainError('SESSION_FULL', { limit: SESSION_QUESTION_LIMIT });
      case 'key-used':
        return await replay(db, input, tokenHash);
      case 'refused': {
        const { session } = await findSessionAsParticipant(db, code, tokenHash);
        if (session.status === 'ended') throw new DomainError('SESSION_ENDED');
        return undefined;
      }
      case 'conflict':
        return undefined;
    }
    return undefined;
  });
}

/** What the first call under this key returned; undefined when its question has been deleted since. */
async function replay(
  db: Database,
  { code, body, anonymous, idempotencyKey }: SubmitQuestionInput,
  tokenHash: Buffer,
): Promise<Question | undefined> {
  if (idempotencyKey === undefined) return undefined;
  const call = { idempotencyKeyHash: hashSecret(idempotencyKey), tokenHash };
  const first = await findReplayedQuestion(db, call);
  if (first === undefined) {
    if (await findParticipantByToken(db, tokenHash)) return undefined;
    throw new DomainError('UNAUTHENTICATED');
  }
  const ofCaller = first.author_id === first.caller_id && first.session_code === code;
  // Of one that was withdrawn nobody knows any more what it said.
  const same = (first.body === null || first.body === body) && first.anonymous === anonymous;
  if (!ofCaller || !same) throw new DomainError('IDEMPOTENCY_KEY_REUSED');
  const { id, created_at: createdAt, author_name: authorName } = first;
  return toNewQuestion(body, { id, createdAt, authorName });
}

function toNewQuestion(
  body: string,
  { id, createdAt, authorName }: { id: number; createdAt: Date; authorName: string | null },
): Question {
  return {
    id,
    body,
    status: 'pending',
    pinned: false,
    votes: 0,
    voted: false,
    author: authorName === null ? null : { displayName: authorName },
    createdAt: createdAt.toISOString(),
    answeredAt: null,
  };
}
