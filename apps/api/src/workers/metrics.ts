import { AggregatorRegistry } from 'prom-client';
import { z } from 'zod';
import type { SendRequest } from './requests.ts';
import type { ServingWorker } from './supervise.ts';

/** The request by which a worker reads the metrics of all workers. */
export const SCRAPE = 'scrape';
/** The request by which the parent reads those of one worker. */
export const COLLECT = 'collect';

const COLLECT_TIMEOUT_MS = 2_000;
const SCRAPE_TIMEOUT_MS = 3_000;

/** Runs in a worker. */
export async function scrapeAll(sendRequest: SendRequest): Promise<string> {
  return z.string().parse(await sendRequest(SCRAPE, SCRAPE_TIMEOUT_MS));
}

const metrics = z.array(z.looseObject({}));

/**
 * Runs in the parent. Leaves out a worker that ends meanwhile.
 *
 * @throws Error when a worker does not respond: a sum without it would look like a restart
 */
export async function aggregateMetrics(workers: readonly ServingWorker[]): Promise<string> {
  const collected = await Promise.all(
    workers.map(async ({ worker, sendRequest }) => {
      try {
        return metrics.parse(await sendRequest(COLLECT, COLLECT_TIMEOUT_MS));
      } catch (error) {
        if (worker.isDead()) return [];
        throw error;
      }
    }),
  );
  return await AggregatorRegistry.aggregate(collected).metrics();
}
