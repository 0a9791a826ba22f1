import { newCode, type TestDatabase } from '@classroom/db/testing';
import { type AppContext, createAppContext } from '../context.ts';
import { openLiveFeed } from '../features/live/feed.ts';
import { noStreamCaps } from '../features/live/stream-caps.ts';
import { createMetrics } from '../observability/metrics.ts';
import { noRateLimits } from '../rate-limits/rate-limits.ts';

/**
 * Creates the context of a server on a test database, without rate limits.
 *
 * @param signal ends the live feed
 */
export function createTestContext(
  { db, pool, url }: Pick<TestDatabase, 'db' | 'pool' | 'url'>,
  signal: AbortSignal,
  services: Partial<Pick<AppContext, 'generateJoinCode' | 'rateLimits'>> = {},
): AppContext {
  const metrics = createMetrics(db, pool);
  const observer = metrics.live;
  const live = openLiveFeed(
    { db, url, caps: noStreamCaps, maxPerSession: 4_000, observer, onError: () => {} },
    signal,
  );
  return createAppContext({
    db,
    live,
    metrics,
    generateJoinCode: newCode,
    maxParticipants: 2_000,
    maxListeners: 20_000,
    sessionTtlSeconds: 3600,
    rateLimits: noRateLimits,
    ...services,
  });
}
