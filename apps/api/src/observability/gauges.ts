import { type Database, type DatabasePool, countOpenSessions } from '@classroom/db';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { LiveObserver } from '../features/live/rooms.ts';

export function measurePool(registry: Registry, pool: DatabasePool): void {
  const connections = new Gauge({
    name: 'classroom_pool_connections',
    help: 'Database connections by state, idle or busy',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const { total, idle } = pool.usage();
      connections.set({ state: 'idle' }, idle);
      connections.set({ state: 'busy' }, total - idle);
    },
  });
  const waiting: Gauge = new Gauge({
    name: 'classroom_pool_waiting',
    help: 'Callers that wait for a database connection',
    registers: [registry],
    collect: () => waiting.set(pool.usage().waiting),
  });
}

/** Counting stops here. */
const MAX_COUNT = 100_000;
const COUNT_INTERVAL_MS = 1_000;
/** An older count is not reported, because the database is unavailable. */
const MAX_AGE_MS = 120_000;

/** A scrape reports the count that the previous one started, so no scrape waits for the database. */
export function measureOpenSessions(registry: Registry, db: Database): void {
  let startedAt = -Infinity;
  let countedAt = -Infinity;
  let open = 0;

  const gauge = new Gauge({
    name: 'classroom_sessions_open',
    help: 'Open sessions in the database, counted after the previous scrape; all processes report the same',
    aggregator: 'max',
    registers: [registry],
    collect() {
      const now = performance.now();
      if (now - countedAt < MAX_AGE_MS) gauge.set(open);
      else gauge.remove();
      if (now - startedAt >= COUNT_INTERVAL_MS) {
        startedAt = now;
        void count();
      }
    },
  });

  async function count(): Promise<void> {
    try {
      open = await countOpenSessions(db, MAX_COUNT);
      countedAt = performance.now();
    } catch {
      // Calls that fail for the same reason are logged and counted.
    }
  }
}

const LAG_BUCKETS_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export function measureLive(registry: Registry): LiveObserver {
  const listeners = new Gauge({
    name: 'classroom_live_listeners',
    help: 'Open live streams of this process',
    registers: [registry],
  });
  const reads = new Counter({
    name: 'classroom_live_reads_total',
    help: 'Database reads of session changes, each for all subscribers of a session in this process',
    registers: [registry],
  });
  const lag = new Histogram({
    name: 'classroom_live_lag_seconds',
    help: 'Time from a change to its read for the subscribers of this process, by the clock of the database',
    buckets: LAG_BUCKETS_SECONDS,
    registers: [registry],
  });
  return {
    onCount: (count) => listeners.set(count),
    onRead: () => reads.inc(),
    onChange: (seconds) => lag.observe(seconds),
  };
}
