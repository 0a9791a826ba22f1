import type { Database } from '@classroom/db';
import type { LiveFeed } from '../live/feed.ts';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { type CallMetrics, measureCalls } from './calls.ts';
import { measureLive } from './live.ts';
import { measureOpenSessions } from './open-sessions.ts';
import { measurePool } from './pool.ts';
import { measureRequests, type RequestMetrics } from './requests.ts';

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
