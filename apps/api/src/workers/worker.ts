import cluster from 'node:cluster';
import { z } from 'zod';
import type { Env } from '../env.ts';
import { StartupError } from '../errors.ts';
import { createLogger } from '../observability/logger.ts';
import { serve } from '../server.ts';
import { createRequester, handleRequests, send } from './requests.ts';
import { COLLECT, scrapeAll } from './metrics.ts';

/** The parent has changed a session. */
export const changedMessage = z.object({ changed: z.number() });

/**
 * Serves HTTP in a worker process, on the database that the parent has opened, and stops when the parent
 * has ended.
 *
 * @param stopping see startServer
 */
export async function startWorker(env: Env, stopping: AbortController): Promise<AsyncDisposable> {
  const { worker } = cluster;
  const { DATABASE_URL: url } = env;
  if (worker === undefined || url === undefined) {
    throw new StartupError('Only the server itself starts workers; set WEB_CONCURRENCY instead');
  }
  worker.once('disconnect', () => {
    // Node would exit at once, without a response to the calls in flight.
    worker.exitedAfterDisconnect = true;
    stopping.abort();
  });
  // Emitted when a message cannot be sent, as after the end of the parent.
  worker.on('error', () => {});

  const sendRequest = createRequester(worker);
  const database = { url, directUrl: env.DATABASE_DIRECT_URL ?? url };
  const logger = createLogger(env.LOG_LEVEL);
  const parent = { scrape: () => scrapeAll(sendRequest) };
  const serving = await serve(env, { database, logger, parent }, stopping.signal);
  const { metrics, notifyChanged } = serving.context;
  handleRequests(worker, { [COLLECT]: () => metrics.registry.getMetricsAsJSON() });
  worker.on('message', (message: unknown) => {
    const { data } = changedMessage.safeParse(message);
    if (data !== undefined) notifyChanged(data.changed);
  });
  send(worker, { serving: serving.addresses });
  return serving;
}
