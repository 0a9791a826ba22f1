import {
  type Database,
  findParticipantByToken,
  findSessionByCode,
  type Session,
} from '@classroom/db';
import type { ParticipantRole } from '@classroom/schema';
import { DomainError } from '../domain-error.ts';

/**
 * The session with that code, for those who take part in it, and as what they do.
 *
 * @throws DomainError UNAUTHENTICATED when nobody holds the token; SESSION_NOT_FOUND when there is
 *   no such session, or it has ended and the caller was not in it; FORBIDDEN to everyone else
 */
export async function findSessionAsParticipant(
  db: Database,
  code: string,
  tokenHash: Buffer,
): Promise<{ session: Session; participantId: number; role: ParticipantRole }> {
  const caller = await findParticipantByToken(db, tokenHash);
  if (caller === undefined) throw new DomainError('UNAUTHENTICATED');
  const session = await findSessionByCode(db, code);
  if (session === undefined) throw new DomainError('SESSION_NOT_FOUND');
  if (caller.session_id !== session.id) {
    throw new DomainError(session.status === 'ended' ? 'SESSION_NOT_FOUND' : 'FORBIDDEN');
  }
  return { session, participantId: caller.id, role: caller.role };
}
