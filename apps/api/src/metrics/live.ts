import { Counter, Gauge, type Registry } from 'prom-client';
import type { Live } from '../live/live.ts';

/** How many listen to a session in this process, and how often changes were read for all of them. */
export function measureLive(registry: Registry, live: Live): void {
  const listeners: Gauge = new Gauge({
    name: 'classroom_live_listeners',
    help: 'Streams of live events that are open in this process',
    registers: [registry],
    collect() {
      listeners.set(live.listeners());
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
}
