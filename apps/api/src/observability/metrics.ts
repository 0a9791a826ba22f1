import type { Database, DatabasePool } from '@classroom/db';
import type { ErrorReason } from '@classroom/schema';
import { Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { LiveObserver } from '../features/live/rooms.ts';
import { measureLive, measureOpenSessions, measurePool } from './gauges.ts';

export interface Metrics {
  registry: Registry;
  /** Reads them in the format of Prometheus; in a worker, those of all workers. */
  scrape: () => Promise<string>;
  calls: CallMetrics;
  live: LiveObserver;
}

/**
 * Creates the metrics of this process. Labels come from fixed lists, never from a request, and a
 * scrape never waits for the database.
 */
export function createMetrics(
  db: Database,
  pool: DatabasePool,
  scrape?: Metrics['scrape'],
): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  measurePool(registry, pool);
  measureOpenSessions(registry, db);
  return {
    registry,
    scrape: scrape ?? (() => registry.metrics()),
    calls: measureCalls(registry),
    live: measureLive(registry),
  };
}

export type CallOutcome = 'ok' | ErrorReason;

export interface CallMetrics {
  /** Runs a procedure call and counts it as in flight until it settles. */
  track: <Result>(call: () => Promise<Result>) => Promise<Result>;
  /** Records a finished call of a known procedure. */
  observe: (procedure: string, outcome: CallOutcome, milliseconds: number) => void;
  /** Records a call that was refused before it reached a procedure. */
  refuse: (outcome: CallOutcome) => void;
}

/** The label of a procedure or route that does not exist. */
export const UNKNOWN = 'unknown';
const BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

function measureCalls(registry: Registry): CallMetrics {
  const durations = new Histogram({
    name: 'classroom_call_duration_seconds',
    help: 'Duration of procedure calls by procedure and reason; each call of a batch counts',
    labelNames: ['procedure', 'reason'],
    buckets: BUCKETS_SECONDS,
    registers: [registry],
  });
  let inFlight = 0;
  const gauge: Gauge = new Gauge({
    name: 'classroom_calls_in_flight',
    help: 'Procedure calls that have started and not settled, including those of disconnected clients',
    registers: [registry],
    collect: () => gauge.set(inFlight),
  });
  return {
    async track(call) {
      inFlight += 1;
      try {
        return await call();
      } finally {
        inFlight -= 1;
      }
    },
    observe: (procedure, reason, milliseconds) =>
      durations.observe({ procedure, reason }, milliseconds / 1000),
    refuse: (reason) => durations.observe({ procedure: UNKNOWN, reason }, 0),
  };
}
