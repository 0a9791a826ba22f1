import { deleteSession as deleteSessionRows, endSession, lockSessionAsHost } from '@classroom/db';
import type { DeletedSession, SessionByCodeInput } from '@classroom/schema';
import type { ChangeDeps } from '../change-deps.ts';
import { findSessionAsHost } from '../access/find-session-as-host.ts';

/**
 * Deletes a session, open or ended, with all that belongs to it and the names that nobody bears any
 * more. No token of it is good from then on.
 *
 * It is ended first, and stays ended should the deletion fail.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND
 */
export async function deleteSession(
  { db, announce }: ChangeDeps,
  { code }: SessionByCodeInput,
  tokenHash: Buffer,
): Promise<DeletedSession> {
  // Ended first: calls are refused by that, in place of waiting with a connection each for the lock.
  await endSession(db, { code, tokenHash });
  const deleted = await db.transaction().execute(async (transaction) => {
    const id = await lockSessionAsHost(transaction, { code, tokenHash });
    if (id !== undefined) await deleteSessionRows(transaction, id);
    return id;
  });
  if (deleted === undefined) await findSessionAsHost(db, code, tokenHash);
  else announce(deleted);
  return { code };
}
