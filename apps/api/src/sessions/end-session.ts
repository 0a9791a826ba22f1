import { endSession as endIfHost } from '@classroom/db';
import type { SessionByCodeInput, SessionSummary } from '@classroom/schema';
import type { ChangeDeps } from '../change-deps.ts';
import { findSessionAsHost } from '../access/find-session-as-host.ts';
import { toSessionSummary } from '../wire/to-session-summary.ts';

/**
 * Ends a session for good, which frees its host's slot. To end it again changes nothing.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND
 */
export async function endSession(
  { db, announce }: ChangeDeps,
  { code }: SessionByCodeInput,
  tokenHash: Buffer,
): Promise<SessionSummary> {
  const ended = await endIfHost(db, { code, tokenHash });
  if (ended !== undefined) announce(ended.id);
  return toSessionSummary(ended ?? (await findSessionAsHost(db, code, tokenHash)));
}
