import {
  type UpdateSessionOutcome,
  configureSessionAsHost,
  deleteSession as deleteSessionRows,
  endSessionAsHost,
  extendSessionAsHost,
  lockSessionAsHost,
  startSessionAsHost,
} from '@classroom/db';
import type {
  ConfigureSessionInput,
  DeletedSession,
  SessionByCodeInput,
  SessionSummary,
} from '@classroom/schema';
import { toDomainError } from '../../authorization.ts';
import type { AppContext } from '../../context.ts';
import { toSessionSummary } from '../../presenters.ts';
import { retryOnConflict } from '../../retry-on-conflict.ts';

type Deps = Pick<AppContext, 'db' | 'notifyChanged'>;

/**
 * Makes a draft active. Starting an active session changes nothing.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND, SESSION_ENDED, UNAVAILABLE
 */
export async function startSession(
  { db, notifyChanged }: Deps,
  { code }: SessionByCodeInput,
  tokenHash: Buffer,
): Promise<SessionSummary> {
  const outcome = await retryOnConflict(() => startSessionAsHost(db, { code, tokenHash }));
  if (outcome.kind === 'changed') notifyChanged(outcome.session.id);
  return toSummary(outcome);
}

/**
 * Changes the title of an open session, whether participants may join, or whether questions wait for
 * approval.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND, SESSION_ENDED, UNAVAILABLE
 */
export async function configureSession(
  { db, notifyChanged }: Deps,
  settings: ConfigureSessionInput,
  tokenHash: Buffer,
): Promise<SessionSummary> {
  const call = { ...settings, tokenHash };
  const outcome = await retryOnConflict(() => configureSessionAsHost(db, call));
  if (outcome.kind === 'changed') notifyChanged(outcome.session.id);
  return toSummary(outcome);
}

/**
 * Restarts the time to live of an open session. Never moves its expiry beyond seven days after its
 * creation, and never shortens its life.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND, SESSION_ENDED, UNAVAILABLE
 */
export async function extendSession(
  {
    db,
    notifyChanged,
    sessionTtlSeconds: ttlSeconds,
  }: Deps & Pick<AppContext, 'sessionTtlSeconds'>,
  { code }: SessionByCodeInput,
  tokenHash: Buffer,
): Promise<SessionSummary> {
  const call = { code, tokenHash, ttlSeconds };
  const outcome = await retryOnConflict(() => extendSessionAsHost(db, call));
  if (outcome.kind === 'changed') notifyChanged(outcome.session.id);
  return toSummary(outcome);
}

/**
 * Ends a session permanently, which frees its host's slot. Ending an ended session changes nothing.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND, UNAVAILABLE
 */
export async function endSession(
  { db, notifyChanged }: Deps,
  { code }: SessionByCodeInput,
  tokenHash: Buffer,
): Promise<SessionSummary> {
  const outcome = await retryOnConflict(() => endSessionAsHost(db, { code, tokenHash }));
  if (outcome.kind === 'changed') notifyChanged(outcome.session.id);
  return toSummary(outcome);
}

/** @throws DomainError when the repository refused the call */
function toSummary(outcome: UpdateSessionOutcome): SessionSummary {
  if (outcome.kind === 'refused') throw toDomainError(outcome);
  return toSessionSummary(outcome.session);
}

/**
 * Deletes a session, open or ended, with all its rows and its orphaned users. Its tokens become
 * invalid. The session is ended first, and stays ended if the deletion fails.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND, UNAVAILABLE
 */
export async function deleteSession(
  { db, notifyChanged }: Deps,
  { code }: SessionByCodeInput,
  tokenHash: Buffer,
): Promise<DeletedSession> {
  return await retryOnConflict(async () => {
    // Once the session has ended, other calls are refused instead of waiting for its lock.
    await endSessionAsHost(db, { code, tokenHash });
    const outcome = await db.transaction().execute(async (transaction) => {
      const locked = await lockSessionAsHost(transaction, { code, tokenHash });
      if (locked.kind === 'locked') await deleteSessionRows(transaction, locked.sessionId);
      return locked;
    });
    if (outcome.kind === 'refused') throw toDomainError(outcome);
    notifyChanged(outcome.sessionId);
    return { code };
  });
}
