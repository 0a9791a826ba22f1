import {
  type Database,
  deleteSession as deleteSessionRows,
  endSessionAsHost,
  lockSessionAsHost,
  extendSessionAsHost,
  startSessionAsHost,
} from '@classroom/db';
import type { DeletedSession, SessionByCodeInput, SessionSummary } from '@classroom/schema';
import { findSessionAsHost } from '../../authorization.ts';
import type { AppContext } from '../../context.ts';
import { DomainError } from '../../errors.ts';
import { toSessionSummary } from '../../presenters.ts';

/**
 * Makes a draft active. To start an active session again changes nothing.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND, SESSION_ENDED
 */
export async function startSession(
  { db, notifyChanged }: Pick<AppContext, 'db' | 'notifyChanged'>,
  { code }: SessionByCodeInput,
  tokenHash: Buffer,
): Promise<SessionSummary> {
  const started = await startSessionAsHost(db, { code, tokenHash });
  if (started !== undefined) notifyChanged(started.id);
  const session = started ?? (await findSessionAsHost(db, code, tokenHash));
  if (session.status === 'ended') throw new DomainError('SESSION_ENDED');
  return toSessionSummary(session);
}

/**
 * Lets the time of an open session start anew.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND, SESSION_ENDED
 */
export async function extendSession(
  { db, sessionTtlSeconds }: { db: Database; sessionTtlSeconds: number },
  { code }: SessionByCodeInput,
  tokenHash: Buffer,
): Promise<SessionSummary> {
  const prolonged = await extendSessionAsHost(db, {
    code,
    tokenHash,
    ttlSeconds: sessionTtlSeconds,
  });
  if (prolonged !== undefined) return toSessionSummary(prolonged);
  // To whoever is its host, what could not be prolonged has ended.
  await findSessionAsHost(db, code, tokenHash);
  throw new DomainError('SESSION_ENDED');
}

/**
 * Ends a session for good, which frees its host's slot. To end it again changes nothing.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND
 */
export async function endSession(
  { db, notifyChanged }: Pick<AppContext, 'db' | 'notifyChanged'>,
  { code }: SessionByCodeInput,
  tokenHash: Buffer,
): Promise<SessionSummary> {
  const ended = await endSessionAsHost(db, { code, tokenHash });
  if (ended !== undefined) notifyChanged(ended.id);
  return toSessionSummary(ended ?? (await findSessionAsHost(db, code, tokenHash)));
}

/**
 * Deletes a session, open or ended, with all that belongs to it and the names that nobody bears any
 * more. No token of it is good from then on.
 *
 * It is ended first, and stays ended should the deletion fail.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND
 */
export async function deleteSession(
  { db, notifyChanged }: Pick<AppContext, 'db' | 'notifyChanged'>,
  { code }: SessionByCodeInput,
  tokenHash: Buffer,
): Promise<DeletedSession> {
  // Ended first: calls are refused by that, in place of waiting with a connection each for the lock.
  await endSessionAsHost(db, { code, tokenHash });
  const deleted = await db.transaction().execute(async (transaction) => {
    const id = await lockSessionAsHost(transaction, { code, tokenHash });
    if (id !== undefined) await deleteSessionRows(transaction, id);
    return id;
  });
  if (deleted === undefined) await findSessionAsHost(db, code, tokenHash);
  else notifyChanged(deleted);
  return { code };
}
