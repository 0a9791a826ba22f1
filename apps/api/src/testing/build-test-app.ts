import { createDatabase } from '@classroom/db';
import { newCode, type TestDatabase } from '@classroom/db/testing';
import type { FastifyInstance } from 'fastify';
import { createAppContext } from '../context.ts';
import { openLiveFeed } from '../features/live/feed.ts';
import { noStreamCaps } from '../features/live/stream-caps.ts';
import { buildApp } from '../http/app.ts';
import { createMetrics } from '../observability/metrics.ts';
import { createLogger } from '../observability/logger.ts';
import { noRateLimits } from '../rate-limits/rate-limits.ts';

/**
 * Builds the HTTP server on a test database; closing it ends the live feed too.
 *
 * @param shedsWhenLate whether to refuse requests while the event loop is late, which tests on a slow
 *   machine cause themselves
 */
export async function buildTestApp(
  { db, pool, url }: Pick<TestDatabase, 'db' | 'pool' | 'url'>,
  write: (line: string) => void = () => {},
  shedsWhenLate = false,
): Promise<FastifyInstance> {
  const stop = new AbortController();
  const metrics = createMetrics(db, pool);
  const observer = metrics.live;
  const live = openLiveFeed(
    { db, url, caps: noStreamCaps, maxPerSession: 4_000, observer, onError: () => {} },
    stop.signal,
  );
  const context = createAppContext({
    db,
    live,
    metrics,
    generateJoinCode: newCode,
    maxParticipants: 2_000,
    maxListeners: 20_000,
    sessionTtlSeconds: 3600,
    rateLimits: noRateLimits,
  });
  const healthDb = createDatabase(url, { max: 1 });
  const app = await buildApp(context, {
    pool,
    healthDb,
    corsOrigins: ['http://localhost:*', 'https://school.example'],
    trustProxy: [],
    stopping: stop.signal,
    logger: createLogger('debug', { write }),
  });
  if (!shedsWhenLate) app.isUnderPressure = () => false;
  app.addHook('onClose', async () => {
    stop.abort();
    await healthDb.destroy();
  });
  return app;
}
