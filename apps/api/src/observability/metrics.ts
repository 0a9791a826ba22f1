import type { Database } from '@classroom/db';
import type { ErrorReason } from '@classroom/schema';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { LiveFeed } from '../features/live/feed.ts';
import { measureLive, measureOpenSessions, measurePool } from './gauges.ts';

export interface Metrics {
  /** Where all are registered: to add one is a function of it, called below. */
  registry: Registry;
  calls: CallMetrics;
  requests: RequestMetrics;
}

/**
 * All that is measured of one process. Labels come from lists that are known beforehand, never from
 * what a caller sent. Nothing in here waits for the database.
 */
export function createMetrics(db: Database, live: LiveFeed): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  measurePool(registry, db);
  measureOpenSessions(registry, db);
  measureLive(registry, live);
  return { registry, calls: measureCalls(registry), requests: measureRequests(registry) };
}

export interface RequestMetrics {
  /** Counts a request. `route` is the pattern of the route and not the URL. */
  count: (route: string | undefined, status: number) => void;
}

/** HTTP requests, those included that were refused before any procedure was asked. */
export function measureRequests(registry: Registry): RequestMetrics {
  const requests = new Counter({
    name: 'classroom_http_requests_total',
    help: 'HTTP requests by route and status; a batch is one',
    labelNames: ['route', 'status'],
    registers: [registry],
  });
  return { count: (route = 'unknown', status) => requests.inc({ route, status }) };
}

export type CallOutcome = 'ok' | ErrorReason;

export interface CallMetrics {
  /** Runs one call of a procedure, and counts it as in flight until it settles. */
  track: <Result>(call: () => Promise<Result>) => Promise<Result>;
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
  let inFlight = 0;
  const gauge: Gauge = new Gauge({
    name: 'classroom_calls_in_flight',
    help: 'Calls of procedures that have begun and not ended, whether or not their client waits',
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
