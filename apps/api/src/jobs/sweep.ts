import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Database,
  type HostKeyPosition,
  deleteUnusedHostKeys,
  sweepExpiredSessions,
} from '@classroom/db';
import { createPurge } from './purge.ts';

const PAUSE_MS = 5_000;
const BATCH = 500;

/** Host keys that own no session are deleted this long after their last use. */
const HOST_KEY_DAYS = 400;
const HOST_KEYS_INTERVAL_MS = 60 * 60_000;

export interface SweepDeps {
  db: Database;
  /** Days to keep ended sessions. */
  retentionDays: number;
  notifyChanged: (sessionId: number) => void;
  /** Called with each failure. */
  onError: (error: unknown, sessionId?: number) => void;
}

/**
 * Ends expired sessions and deletes those past their retention every five seconds, and deletes unused
 * host keys every hour, until `signal` aborts. Correctness does not depend on it: reads treat an expired
 * session as ended.
 */
export async function sweepSessions(deps: SweepDeps, signal: AbortSignal): Promise<void> {
  const purge = createPurge(deps);
  let nextHostKeyDeletion = 0;
  while (!signal.aborted) {
    try {
      // Expired sessions take precedence over the purge.
      do {
        while ((await endExpired(deps)) && !signal.aborted);
      } while (!signal.aborted && (await purge()));
      if (performance.now() >= nextHostKeyDeletion) {
        await deleteHostKeys(deps, signal);
        nextHostKeyDeletion = performance.now() + HOST_KEYS_INTERVAL_MS;
      }
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

async function deleteHostKeys({ db }: SweepDeps, signal: AbortSignal): Promise<void> {
  let after: HostKeyPosition | undefined;
  do {
    after = await deleteUnusedHostKeys(db, { days: HOST_KEY_DAYS, limit: BATCH, after });
  } while (after !== undefined && !signal.aborted);
}
