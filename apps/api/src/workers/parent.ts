import { createDatabase } from '@classroom/db';
import { RateLimiterClusterMaster } from 'rate-limiter-flexible';
import type { Env } from '../env.ts';
import { findPort } from '../http/listen.ts';
import { createLogger } from '../observability/logger.ts';
import { openDatabase } from '../open-database.ts';
import { disposeAfterFailure, printAddresses, startSweep } from '../server.ts';
import { send } from './requests.ts';
import { SCRAPE, aggregateMetrics } from './metrics.ts';
import { type Workers, superviseWorkers } from './supervise.ts';

/**
 * Starts worker processes and prints their address. This process owns what they share: it opens and
 * migrates the database, ends and deletes sessions, counts rate limits, and adds up metrics.
 *
 * @param stopping stops them; this function aborts it when workers end again and again before they serve
 * @returns disposing waits for the workers and closes everything
 * @throws StartupError, or an AbortError after `stopping`; nothing stays open
 */
export async function startWorkers(env: Env, stopping: AbortController): Promise<AsyncDisposable> {
  const { signal } = stopping;
  const stack = new AsyncDisposableStack();
  try {
    const logger = createLogger(env.LOG_LEVEL);
    const { url } = stack.use(await openDatabase(env, logger, signal));
    const port = await findPort(env.HOST, env.PORT);
    signal.throwIfAborted();

    // It responds to the RateLimiterCluster of each worker.
    if (env.RATE_LIMITS === 'on' && env.REDIS_URL === undefined)
      void new RateLimiterClusterMaster();
    const count = env.WEB_CONCURRENCY;
    const workers: Workers = stack.use(
      superviseWorkers(
        {
          count,
          env: {
            DATABASE_URL: url,
            DATABASE_POOL_MAX: String(Math.max(1, Math.floor(env.DATABASE_POOL_MAX / count))),
            PORT: String(port),
          },
          logger,
          handlers: { [SCRAPE]: () => aggregateMetrics(workers.serving()) },
        },
        signal,
      ),
    );
    await Promise.race([workers.started, workers.ended]);
    signal.throwIfAborted();
    workers.ended.catch((error: Error) => {
      console.error(error.message);
      process.exitCode = 1;
      stopping.abort();
    });

    const db = stack.use(createDatabase(url, { max: 1 }));
    const notifyChanged = (changed: number) => {
      for (const { worker } of workers.serving()) send(worker, { changed });
    };
    stack.use(startSweep(env, { db, notifyChanged, logger }, signal));
    const [addresses] = await workers.started;
    if (addresses !== undefined) printAddresses(addresses);
    return stack;
  } catch (error) {
    await disposeAfterFailure(stack);
    throw error;
  }
}
