import { type Database, findParticipants, hasRole } from '@classroom/db';
import {
  type ListParticipantsInput,
  participantCursor,
  type ParticipantPage,
} from '@classroom/schema';
import { findSessionAsParticipant } from '../../authorization.ts';
import { toPage } from '../../page.ts';
import { toParticipant } from '../../presenters.ts';

/**
 * Lists the participants of a session: the host, then the others by time of joining. Only the host and
 * moderators see blocked participants.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND
 */
export async function listParticipants(
  { db }: { db: Database },
  { code, cursor = { microseconds: 0, id: 0 }, limit }: ListParticipantsInput,
  tokenHash: Buffer,
): Promise<ParticipantPage> {
  const { session, role } = await findSessionAsParticipant(db, code, tokenHash);
  const found = await findParticipants(db, {
    sessionId: session.id,
    afterMicroseconds: cursor.microseconds,
    afterId: cursor.id,
    limit: limit + 1,
    includeBlocked: hasRole(role, 'moderator'),
  });
  const toCursor = (row: (typeof found)[number]) => participantCursor.encode(row);
  return toPage(found, limit, { toItem: toParticipant, toCursor });
}
