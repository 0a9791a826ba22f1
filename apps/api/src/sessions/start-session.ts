import { startSession as startIfHost } from '@classroom/db';
import type { SessionByCodeInput, SessionSummary } from '@classroom/schema';
import type { ChangeDeps } from '../change-deps.ts';
import { DomainError } from '../domain-error.ts';
import { findSessionAsHost } from '../access/find-session-as-host.ts';
import { toSessionSummary } from '../wire/to-session-summary.ts';

/**
 * Makes a draft active. To start an active session again changes nothing.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND, SESSION_ENDED
 */
export async function startSession(
  { db, announce }: ChangeDeps,
  { code }: SessionByCodeInput,
  tokenHash: Buffer,
): Promise<SessionSummary> {
  const started = await startIfHost(db, { code, tokenHash });
  if (started !== undefined) announce(started.id);
  const session = started ?? (await findSessionAsHost(db, code, tokenHash));
  if (session.status === 'ended') throw new DomainError('SESSION_ENDED');
  return toSessionSummary(session);
}
