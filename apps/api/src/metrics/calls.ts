import type { ErrorReason } from '@classroom/schema';
import { Histogram, type Registry } from 'prom-client';

export type CallOutcome = 'ok' | ErrorReason;

export interface CallMetrics {
  /** Records one call of a procedure that the router has. */
  observe: (procedure: string, outcome: CallOutcome, milliseconds: number) => void;
  /** Records one call that reached no procedure. */
  refuse: (outcome: CallOutcome) => void;
}

const UNKNOWN = 'unknown';
const BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Calls, each of a batch for itself, by procedure and by how they ended. */
export function measureCalls(registry: Registry): CallMetrics {
  const durations = new Histogram({
    name: 'classroom_call_duration_seconds',
    help: 'Calls by procedure and reason, from the first middleware to the last',
    labelNames: ['procedure', 'reason'],
    buckets: BUCKETS_SECONDS,
    registers: [registry],
  });
  return {
    observe: (procedure, reason, milliseconds) =>
      durations.observe({ procedure, reason }, milliseconds / 1000),
    refuse: (reason) => durations.observe({ procedure: UNKNOWN, reason }, 0),
  };
}
