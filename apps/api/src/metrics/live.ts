import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { LiveFeed } from '../live/feed.ts';

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
