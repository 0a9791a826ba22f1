import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, sweepExpiredSessions } from '@classroom/db';
import { createPurge } from './purge.ts';

const PAUSE_MS = 5_000;
const BATCH = 500;

export interface SweepDeps {
  db: Database;
  /** How long ended sessions are kept. */
  retentionDays: number;
  notifyChanged: (sessionId: number) => void;
  /** Called with each failure. */
  onError: (error: unknown, sessionId?: number) => void;
}

/**
 * Ends sessions that are past their time and deletes those that ended long ago, now and every few
 * seconds until `signal` says so. Nobody has to wait for it: past its time a session counts as ended,
 * recorded or not.
 */
export async function sweepSessions(deps: SweepDeps, signal: AbortSignal): Promise<void> {
  const purge = createPurge(deps);
  while (!signal.aborted) {
    try {
      // Sessions end on time however much there is to delete.
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
