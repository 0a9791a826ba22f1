import { Gauge, type Registry } from 'prom-client';
import type { Live } from '../live/live.ts';

/** How many listen to a session in this process. */
export function measureLive(registry: Registry, live: Live): void {
  const listeners: Gauge = new Gauge({
    name: 'classroom_live_listeners',
    help: 'Streams of live events that are open in this process',
    registers: [registry],
    collect() {
      listeners.set(live.listeners());
    },
  });
}
