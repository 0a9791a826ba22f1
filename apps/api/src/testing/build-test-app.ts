import { createDatabase } from '@classroom/db';
import { SLOW_MACHINE_TIMEOUTS, type TestDatabase } from '@classroom/db/testing';
import type { FastifyInstance } from 'fastify';
import { buildApp, type HttpOptions } from '../http/app.ts';
import { createLogger } from '../observability/logger.ts';
import { createTestContext } from './create-test-context.ts';

/**
 * Builds the HTTP server on a test database; closing it ends the live feed too.
 *
 * @param shedsWhenLate whether to refuse requests while the event loop is late, which tests on a slow
 *   machine cause themselves
 * @param options in place of those of other tests
 */
export async function buildTestApp(
  database: Pick<TestDatabase, 'db' | 'pool' | 'url'>,
  write: (line: string) => void = () => {},
  shedsWhenLate = false,
  options: Partial<HttpOptions> = {},
): Promise<FastifyInstance> {
  const stop = new AbortController();
  const context = createTestContext(database, stop.signal);
  const healthDb = createDatabase(database.url, { ...SLOW_MACHINE_TIMEOUTS, max: 1 });
  const app = await buildApp(context, {
    pool: database.pool,
    healthDb,
    corsOrigins: ['http://localhost:*', 'http://[::1]:*', 'https://school.example'],
    publicUrl: 'https://classroom.example/app',
    isInNetwork: false,
    trustProxy: [],
    stopping: stop.signal,
    logger: createLogger('debug', { write }),
    ...options,
  });
  if (!shedsWhenLate) app.isUnderPressure = () => false;
  app.addHook('onClose', async () => {
    stop.abort();
    await healthDb.destroy();
  });
  return app;
}
