import { AggregatorRegistry } from 'prom-client';
import { z } from 'zod';
import type { Ask } from './calls.ts';
import type { ServingWorker } from './supervise.ts';

/** The call by which a worker reads the metrics of all workers. */
export const SCRAPE = 'scrape';
/** The call by which the parent reads those of one worker. */
export const COLLECT = 'collect';

const COLLECT_TIMEOUT_MS = 2_000;
const SCRAPE_TIMEOUT_MS = 3_000;

/** Runs in a worker. */
export async function scrapeAll(ask: Ask): Promise<string> {
  return z.string().parse(await ask(SCRAPE, SCRAPE_TIMEOUT_MS));
}

const metrics = z.array(z.looseObject({}));

/**
 * Runs in the parent. Leaves out a worker that ends meanwhile.
 *
 * @throws Error when a worker does not answer: a sum without it would look like a restart
 */
export async function aggregateMetrics(workers: readonly ServingWorker[]): Promise<string> {
  const collected = await Promise.all(
    workers.map(async ({ process, ask }) => {
      try {
        return metrics.parse(await ask(COLLECT, COLLECT_TIMEOUT_MS));
      } catch (error) {
        if (process.isDead()) return [];
        throw error;
      }
    }),
  );
  return await AggregatorRegistry.aggregate(collected).metrics();
}
