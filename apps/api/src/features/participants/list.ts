import { type Database, findParticipants } from '@classroom/db';
import type { ListParticipantsInput, ParticipantPage } from '@classroom/schema';
import { findSessionAsParticipant } from '../../authorization.ts';
import { toParticipant } from '../../presenters.ts';

/**
 * Who takes part in a session: the host, then the others by time of joining.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND
 */
export async function listParticipants(
  { db }: { db: Database },
  { code, cursor = '0-0', limit }: ListParticipantsInput,
  tokenHash: Buffer,
): Promise<ParticipantPage> {
  const { session } = await findSessionAsParticipant(db, code, tokenHash);
  const [afterMicroseconds = 0, afterId = 0] = cursor.split('-').map(Number);
  // One more than asked for tells whether there is a next page.
  const found = await findParticipants(db, {
    sessionId: session.id,
    afterMicroseconds,
    afterId,
    limit: limit + 1,
  });
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  return {
    items: page.map(toParticipant),
    nextCursor: last === undefined ? null : `${last.microseconds}-${last.id}`,
  };
}
