import {
  type Database,
  deleteOrphanedNames,
  deleteSessionChunk,
  lockSessionEndedBefore,
} from '@classroom/db';

/** How long a session that could not be deleted is left alone. */
const RETRY_AFTER_MS = 10 * 60_000;

export interface PurgeDeps {
  db: Database;
  /** How long ended sessions are kept. */
  retentionDays: number;
  /** Called with each failure. */
  onError: (error: unknown, sessionId: number) => void;
  retryAfterMs?: number;
}

/**
 * Makes a function that deletes some rows of the sessions that ended longer ago than they are kept,
 * in a transaction of its own, and says whether there may be more. Any number of processes may call
 * theirs at once. A session that fails is left to a later sweep, and stops no other.
 */
export function createPurge(deps: PurgeDeps): () => Promise<boolean> {
  const { db, retentionDays: days, onError, retryAfterMs = RETRY_AFTER_MS } = deps;
  const retryAt = new Map<number, number>();
  const inHand: { sessionId: number | undefined; from: number } = { sessionId: undefined, from: 0 };

  return async () => {
    for (const [id, time] of retryAt) if (time <= performance.now()) retryAt.delete(id);
    const previous = inHand.sessionId;
    inHand.sessionId = undefined;
    try {
      const next = await db.transaction().execute(async (transaction) => {
        const excludedIds = [...retryAt.keys()];
        const sessionId = await lockSessionEndedBefore(transaction, { days, excludedIds });
        if (sessionId === undefined) return undefined;
        if (sessionId !== previous) inHand.from = 0;
        inHand.sessionId = sessionId;
        const chunk = await deleteSessionChunk(transaction, sessionId, inHand.from);
        await deleteOrphanedNames(transaction, chunk.userIds);
        return chunk.next ?? 0;
      });
      inHand.from = next ?? 0;
      return next !== undefined;
    } catch (error) {
      const { sessionId } = inHand;
      if (sessionId === undefined) throw error;
      retryAt.set(sessionId, performance.now() + retryAfterMs);
      onError(error, sessionId);
      return true;
    }
  };
}
