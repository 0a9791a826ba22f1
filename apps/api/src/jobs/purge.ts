import {
  type Database,
  deleteOrphanedUsers,
  deleteSessionChunk,
  lockSessionEndedBefore,
} from '@classroom/db';

/** The pause before the deletion of a session is retried. */
const RETRY_AFTER_MS = 10 * 60_000;

export interface PurgeDeps {
  db: Database;
  /** Days to keep ended sessions. */
  retentionDays: number;
  /** Called with each failure. */
  onError: (error: unknown, sessionId: number) => void;
  retryAfterMs?: number;
}

/**
 * Creates a function that deletes one chunk of an ended session past its retention, in its own
 * transaction. Any number of processes can purge in parallel. A failed deletion is retried later and
 * does not stop the others.
 *
 * @returns a function that returns whether there may be more chunks
 */
export function createPurge(deps: PurgeDeps): () => Promise<boolean> {
  const { db, retentionDays: days, onError, retryAfterMs = RETRY_AFTER_MS } = deps;
  const retryAt = new Map<number, number>();
  const current: { sessionId: number | undefined; from: number } = {
    sessionId: undefined,
    from: 0,
  };

  return async () => {
    for (const [id, time] of retryAt) if (time <= performance.now()) retryAt.delete(id);
    const previous = current.sessionId;
    current.sessionId = undefined;
    try {
      const next = await db.transaction().execute(async (transaction) => {
        const excludedIds = [...retryAt.keys()];
        const sessionId = await lockSessionEndedBefore(transaction, { days, excludedIds });
        if (sessionId === undefined) return undefined;
        if (sessionId !== previous) current.from = 0;
        current.sessionId = sessionId;
        const chunk = await deleteSessionChunk(transaction, sessionId, current.from);
        await deleteOrphanedUsers(transaction, chunk.userIds);
        return chunk.next ?? 0;
      });
      current.from = next ?? 0;
      return next !== undefined;
    } catch (error) {
      const { sessionId } = current;
      if (sessionId === undefined) throw error;
      retryAt.set(sessionId, performance.now() + retryAfterMs);
      onError(error, sessionId);
      return true;
    }
  };
}
