import { getHeapStatistics } from 'node:v8';
import underPressure from '@fastify/under-pressure';
import type { FastifyInstance } from 'fastify';
import { type Database, poolUsage } from '@classroom/db';
import { RETRY_AFTER_SECONDS, unavailable } from '../domain-error.ts';
import { toTRPCError } from '../trpc/errors.ts';
import { sendError } from './errors.ts';

/** The mean over a sample. A school that opens a thousand streams at once makes 100. */
const MAX_EVENT_LOOP_DELAY_MS = 250;
const SAMPLE_INTERVAL_MS = 500;
/** Of the memory that V8, or the container, lets the process have. */
const MAX_MEMORY_SHARE = 0.9;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What @fastify/under-pressure calls in place of its refusal. */
    pressureHandler?: () => void;
  }
}

/** The configuration of a route that is answered under any load. */
export const NEVER_SHED = { pressureHandler: () => {} };

/**
 * Refuses requests with 503 and `Retry-After` while calls queue for the database, the event loop is late
 * or memory is short. It counts nothing: all of it is read off the pool and the process.
 */
export async function useLoadShedding(app: FastifyInstance, db: Database): Promise<void> {
  const containerBytes = process.constrainedMemory();
  await app.register(underPressure, {
    maxEventLoopDelay: MAX_EVENT_LOOP_DELAY_MS,
    maxHeapUsedBytes: getHeapStatistics().heap_size_limit * MAX_MEMORY_SHARE,
    // 0 checks nothing. Without a limit, Node reports 0 or more bytes than there are.
    maxRssBytes: Number.isSafeInteger(containerBytes) ? containerBytes * MAX_MEMORY_SHARE : 0,
    sampleInterval: SAMPLE_INTERVAL_MS,
    retryAfter: RETRY_AFTER_SECONDS,
  });
  app.addHook('onRequest', (request, reply, done) => {
    const { pressureHandler } = request.routeOptions.config;
    if (!poolUsage(db).isFull || pressureHandler !== undefined) return done();
    sendError(toTRPCError(unavailable()), request, reply);
  });
}
