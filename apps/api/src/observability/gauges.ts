import { type Database, countOpenSessions, poolUsage } from '@classroom/db';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { LiveFeed } from '../features/live/feed.ts';

/** The connections to the database, read when they are asked for. */
export function measurePool(registry: Registry, db: Database): void {
  const connections = new Gauge({
    name: 'classroom_pool_connections',
    help: 'Connections to the database, by whether a query has them',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const { total, idle } = poolUsage(db);
      connections.set({ state: 'idle' }, idle);
      connections.set({ state: 'busy' }, total - idle);
    },
  });
  const waiting = new Gauge({
    name: 'classroom_pool_waiting',
    help: 'Queries that wait for a connection',
    registers: [registry],
    collect() {
      waiting.set(poolUsage(db).waiting);
    },
  });
}

/** A count stops here; more than that reads as this many. */
const AT_MOST = 100_000;
const COUNT_EVERY_MS = 1_000;
/** An older count is not shown: the database is away. */
const SHOWN_FOR_MS = 120_000;

/**
 * The open sessions in the database, the same for all processes. A scrape shows what was counted
 * after the one before, so that none waits for the database: the first shows nothing.
 */
export function measureOpenSessions(registry: Registry, db: Database): void {
  let askedAt = -Infinity;
  let countedAt = -Infinity;
  let open = 0;

  const gauge = new Gauge({
    name: 'classroom_sessions_open',
    help: 'Open sessions in the database, as of the scrape before; the same for all processes',
    registers: [registry],
    collect() {
      const now = performance.now();
      if (now - countedAt < SHOWN_FOR_MS) gauge.set(open);
      else gauge.remove();
      if (now - askedAt >= COUNT_EVERY_MS) {
        askedAt = now;
        void count();
      }
    },
  });

  async function count(): Promise<void> {
    try {
      open = await countOpenSessions(db, AT_MOST);
      countedAt = performance.now();
    } catch {
      // The calls that fail as well say so, in the logs and in their own metric.
    }
  }
}

const LAG_BUCKETS_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** How many listen in this process, how often changes were read for all of them, and how late. */
export function measureLive(registry: Registry, live: LiveFeed): void {
  const listeners: Gauge = new Gauge({
    name: 'classroom_live_listeners',
    help: 'Streams of live events that are open in this process',
    registers: [registry],
    collect() {
      listeners.set(live.count());
    },
  });
  const reads: Counter = new Counter({
    name: 'classroom_live_reads_total',
    help: 'Reads of what changed in a session, one for all its listeners in this process',
    registers: [registry],
    collect() {
      reads.reset();
      reads.inc(live.reads());
    },
  });
  const lag = new Histogram({
    name: 'classroom_live_lag_seconds',
    help: 'From a change to its reading for the listeners of this process, by the clock of the database',
    buckets: LAG_BUCKETS_SECONDS,
    registers: [registry],
  });
  live.onLag((seconds) => lag.observe(seconds));
}
