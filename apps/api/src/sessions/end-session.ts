import { type Database, endSession as endIfHost } from '@classroom/db';
import type { SessionByCodeInput, SessionSummary } from '@classroom/schema';
import { findSessionAsHost } from './find-session-as-host.ts';
import { toSessionSummary } from './session-summary.ts';

/**
 * Ends a session for good, which frees its host's slot. To end it again changes nothing.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND
 */
export async function endSession(
  { db }: { db: Database },
  { code }: SessionByCodeInput,
  tokenHash: Buffer,
): Promise<SessionSummary> {
  const ended = await endIfHost(db, { code, tokenHash });
  return toSessionSummary(ended ?? (await findSessionAsHost(db, code, tokenHash)));
}
