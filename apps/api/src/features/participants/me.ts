import { type Database, findParticipantWithPendingCount } from '@classroom/db';
import { type Me, PENDING_QUESTION_LIMIT, type SessionByCodeInput } from '@classroom/schema';
import { findSessionAsParticipant } from '../../authorization.ts';
import { DomainError } from '../../errors.ts';
import { toParticipant, toSessionSummary } from '../../presenters.ts';

/**
 * Returns the caller's session, open or ended, participant and pending questions.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND
 */
export async function getMe(
  { db }: { db: Database },
  { code }: SessionByCodeInput,
  tokenHash: Buffer,
): Promise<Me> {
  const { session, participantId } = await findSessionAsParticipant(db, code, tokenHash);
  const found = await findParticipantWithPendingCount(db, participantId);
  // Removed since the first query.
  if (found === undefined) throw new DomainError('UNAUTHENTICATED');
  return {
    session: toSessionSummary(session),
    participant: toParticipant(found),
    pendingQuestions: { used: found.pending_questions, limit: PENDING_QUESTION_LIMIT },
  };
}
