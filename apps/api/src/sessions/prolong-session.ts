import { type Database, prolongSession as prolongIfHost } from '@classroom/db';
import type { SessionByCodeInput, SessionSummary } from '@classroom/schema';
import { DomainError } from '../domain-error.ts';
import { findSessionAsHost } from '../access/find-session-as-host.ts';
import { toSessionSummary } from '../wire/to-session-summary.ts';

/**
 * Lets the time of an open session start anew.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND, SESSION_ENDED
 */
export async function prolongSession(
  { db, sessionTtlSeconds }: { db: Database; sessionTtlSeconds: number },
  { code }: SessionByCodeInput,
  tokenHash: Buffer,
): Promise<SessionSummary> {
  const prolonged = await prolongIfHost(db, { code, tokenHash, ttlSeconds: sessionTtlSeconds });
  if (prolonged !== undefined) return toSessionSummary(prolonged);
  // To whoever is its host, what could not be prolonged has ended.
  await findSessionAsHost(db, code, tokenHash);
  throw new DomainError('SESSION_ENDED');
}
