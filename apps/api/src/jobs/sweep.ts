import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, sweepExpiredSessions } from '@classroom/db';
import { createPurge } from './purge.ts';

const PAUSE_MS = 5_000;
const BATCH = 500;

export interface SweepDeps {
  db: Database;
  /** Days to keep ended sessions. */
  retentionDays: number;
  notifyChanged: (sessionId: number) => void;
  /** Called with each failure. */
  onError: (error: unknown, sessionId?: number) => void;
}

/**
 * Ends expired sessions and deletes those past their retention, every five seconds until `signal`
 * aborts. Correctness does not depend on it: reads treat an expired session as ended.
 */
export async function sweepSessions(deps: SweepDeps, signal: AbortSignal): Promise<void> {
  const purge = createPurge(deps);
  while (!signal.aborted) {
    try {
      // Expired sessions take precedence over the purge.
      do {
        while ((await endExpired(deps)) && !signal.aborted);
      } while (!signal.aborted && (await purge()));
    } catch (error) {
      deps.onError(error);
    }
    await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
  }
}

/** @returns whether there may be more */
async function endExpired({ db, notifyChanged }: SweepDeps): Promise<boolean> {
  const ended = await sweepExpiredSessions(db, BATCH);
  for (const sessionId of ended) notifyChanged(sessionId);
  return ended.length === BATCH;
}
