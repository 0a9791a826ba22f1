import { type Database, findParticipants, findSessionChanges } from '@classroom/db';
import type { ExportedSession, SessionByCodeInput } from '@classroom/schema';
import { DomainError } from '../domain-error.ts';
import { toPublicQuestion } from '../wire/to-public-question.ts';
import { findSessionAsHost } from '../access/find-session-as-host.ts';
import { toParticipant } from '../wire/to-participant.ts';
import { toSessionSummary } from '../wire/to-session-summary.ts';

/** As much as there is: the largest that PostgreSQL takes for a limit of this type. */
const ALL = 2 ** 31 - 1;

/**
 * Everything of a session, open or ended. Who asked anonymously stays unnamed.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND
 */
export async function exportSession(
  { db }: { db: Database },
  { code }: SessionByCodeInput,
  tokenHash: Buffer,
): Promise<ExportedSession> {
  const { id: sessionId } = await findSessionAsHost(db, code, tokenHash);
  const asked = { sessionId, limit: ALL };
  const participants = await findParticipants(db, { ...asked, afterMicroseconds: 0, afterId: 0 });
  const found = await findSessionChanges(db, { ...asked, after: -1, participantId: null });
  if (found === undefined) throw new DomainError('SESSION_NOT_FOUND');
  return {
    session: toSessionSummary(found),
    participants: participants.map(toParticipant),
    questions: found.questions
      .flatMap((question) => toPublicQuestion(question) ?? [])
      .toSorted((a, b) => a.id - b.id),
  };
}
