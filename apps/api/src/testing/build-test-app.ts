import { createDatabase } from '@classroom/db';
import { newCode, type TestDatabase } from '@classroom/db/testing';
import type { FastifyInstance } from 'fastify';
import { buildApp } from '../http/app.ts';
import { openLiveFeed } from '../features/live/feed.ts';
import { noStreamCaps } from '../features/live/stream-caps.ts';
import { createLogger } from '../observability/logger.ts';
import { noRateLimits } from '../rate-limits/rate-limits.ts';

/** The whole server on a database, but for listening; closing it ends the live feed too. */
export async function buildTestApp(
  { db, url }: Pick<TestDatabase, 'db' | 'url'>,
  write: (line: string) => void = () => {},
): Promise<FastifyInstance> {
  const stop = new AbortController();
  const live = openLiveFeed(
    { db, url, caps: noStreamCaps, maxPerSession: 4_000, onError: () => {} },
    stop.signal,
  );
  const healthDb = createDatabase(url, { max: 1 });
  const app = await buildApp({
    db,
    healthDb,
    live,
    notifyChanged: live.notifyChanged,
    generateJoinCode: newCode,
    maxParticipants: 2_000,
    maxListeners: 20_000,
    sessionTtlSeconds: 3600,
    rateLimits: noRateLimits,
    corsOrigins: ['http://localhost:*', 'https://school.example'],
    trustProxy: [],
    stopping: stop.signal,
    logger: createLogger('debug', { write }),
  });
  app.addHook('onClose', async () => {
    stop.abort();
    await healthDb.destroy();
  });
  return app;
}
