import { type Database, deleteSessions, lockSessionsEndedBefore } from '@classroom/db';

/** So few that a transaction stays short. */
const BATCH = 20;

/**
 * Deletes some of the sessions that ended longer ago than they are kept. Any number of processes may
 * do so at once.
 *
 * @returns whether there may be more
 */
export async function purgeSessions({
  db,
  retentionDays,
}: {
  db: Database;
  retentionDays: number;
}): Promise<boolean> {
  return await db.transaction().execute(async (transaction) => {
    const locked = { days: retentionDays, limit: BATCH };
    const ids = await lockSessionsEndedBefore(transaction, locked);
    if (ids.length > 0) await deleteSessions(transaction, ids);
    return ids.length === BATCH;
  });
}
