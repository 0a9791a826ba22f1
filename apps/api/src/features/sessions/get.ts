import { type Database, findParticipantByToken, findSessionByCode } from '@classroom/db';
import type { SessionByCodeInput, SessionSummary } from '@classroom/schema';
import { DomainError } from '../../errors.ts';
import { toSessionSummary } from '../../presenters.ts';

/**
 * Finds a session by its code; an ended one for its participants only.
 *
 * @throws DomainError SESSION_NOT_FOUND
 */
export async function getSession(
  { db }: { db: Database },
  { code }: SessionByCodeInput,
  tokenHash: Buffer | undefined,
): Promise<SessionSummary> {
  const session = await findSessionByCode(db, code);
  if (session === undefined) throw new DomainError('SESSION_NOT_FOUND');
  if (session.status === 'ended') {
    const caller = tokenHash && (await findParticipantByToken(db, tokenHash));
    if (caller?.session_id !== session.id) throw new DomainError('SESSION_NOT_FOUND');
  }
  return toSessionSummary(session);
}
