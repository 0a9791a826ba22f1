import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, sweepExpiredSessions } from '@classroom/db';

const PAUSE_MS = 60_000;
const BATCH = 500;

export interface SweepDeps {
  db: Database;
  /** Hears of a sweep that failed; the next one may succeed. */
  onError: (error: unknown) => void;
}

/**
 * Ends sessions that are past their time, now and every minute until `signal` says so. Nobody has to
 * wait for it: past its time a session counts as ended, recorded or not.
 */
export async function sweepSessions(
  { db, onError }: SweepDeps,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      while ((await sweepExpiredSessions(db, BATCH)) === BATCH && !signal.aborted);
    } catch (error) {
      onError(error);
    }
    await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
  }
}
