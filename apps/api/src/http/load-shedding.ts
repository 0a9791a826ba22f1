import { getHeapStatistics } from 'node:v8';
import underPressure from '@fastify/under-pressure';
import type { FastifyInstance } from 'fastify';
import { RETRY_AFTER_SECONDS } from '../domain-error.ts';

/** The mean over a sample. A school that opens a thousand streams at once makes 100. */
const MAX_EVENT_LOOP_DELAY_MS = 250;
const SAMPLE_INTERVAL_MS = 500;
/** Of the memory that V8, or the container, lets the process have. */
const MAX_MEMORY_SHARE = 0.9;

/** The configuration of a route that is answered under any load. */
export const NEVER_SHED = { pressureHandler: () => {} };

/**
 * Refuses requests with 503 and `Retry-After` while the event loop is late or memory is short. What
 * waits for the database is bounded by the pool: the next statement is refused at once.
 */
export async function useLoadShedding(app: FastifyInstance): Promise<void> {
  const containerBytes = process.constrainedMemory();
  await app.register(underPressure, {
    maxEventLoopDelay: MAX_EVENT_LOOP_DELAY_MS,
    maxHeapUsedBytes: getHeapStatistics().heap_size_limit * MAX_MEMORY_SHARE,
    // 0 checks nothing. Without a limit, Node reports 0 or more bytes than there are.
    maxRssBytes: Number.isSafeInteger(containerBytes) ? containerBytes * MAX_MEMORY_SHARE : 0,
    sampleInterval: SAMPLE_INTERVAL_MS,
    retryAfter: RETRY_AFTER_SECONDS,
  });
}
