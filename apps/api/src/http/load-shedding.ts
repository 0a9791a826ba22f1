import { getHeapStatistics } from 'node:v8';
import underPressure from '@fastify/under-pressure';
import type { DatabasePool } from '@classroom/db';
import type { FastifyInstance } from 'fastify';
import { RETRY_AFTER_SECONDS, unavailable } from '../errors.ts';
import { formatError, toTRPCError } from '../trpc/errors.ts';
import { isRest, renderError } from './errors.ts';
import { mayExceedBodyLimit } from './json-parser.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether load shedding exempts the route. */
    neverShed?: boolean;
  }
  interface FastifyRequest {
    /** Whether load shedding refused the request. Such requests are counted and not logged. */
    isShed: boolean;
  }
}

/** Mean over a sample. A thousand simultaneous new streams cause 100 ms. */
const MAX_EVENT_LOOP_DELAY_MS = 250;
const SAMPLE_INTERVAL_MS = 500;
/** Of V8's heap limit, or of the container's memory. */
const MAX_MEMORY_SHARE = 0.9;

/** Serialised once: a refusal costs 41 µs of CPU, a served call 490 µs. */
const REFUSAL = formatError(toTRPCError(unavailable()), '');
const TRPC_BODY = JSON.stringify(renderError(REFUSAL, '/trpc/'));
const REST_BODY = JSON.stringify(renderError(REFUSAL, '/api/'));

/**
 * Refuses requests with 503 and `Retry-After` while the queue for database connections is full, the event
 * loop is late, or memory is short. It keeps no count of its own.
 *
 * @param processes share the memory of the container
 */
export async function registerLoadShedding(
  app: FastifyInstance,
  pool: DatabasePool,
  processes = 1,
): Promise<void> {
  const containerBytes = process.constrainedMemory();
  await app.register(underPressure, {
    maxEventLoopDelay: MAX_EVENT_LOOP_DELAY_MS,
    maxHeapUsedBytes: getHeapStatistics().heap_size_limit * MAX_MEMORY_SHARE,
    // 0 disables the check. Without a limit, Node reports 0 or an unsafe integer.
    maxRssBytes: Number.isSafeInteger(containerBytes)
      ? (containerBytes / processes) * MAX_MEMORY_SHARE
      : 0,
    sampleInterval: SAMPLE_INTERVAL_MS,
    // Disables the plugin's own response: the hook below responds.
    pressureHandler: () => {},
  });
  app.decorateRequest('isShed', false);
  app.addHook('onRequest', (request, reply, done) => {
    const isOverloaded = pool.usage().isQueueFull || app.isUnderPressure();
    if (!isOverloaded || request.routeOptions.config.neverShed === true) return done();
    request.isShed = true;
    if (mayExceedBodyLimit(request.headers)) void reply.header('connection', 'close');
    void reply
      .code(503)
      .header('retry-after', RETRY_AFTER_SECONDS)
      .type('application/json; charset=utf-8')
      .send(isRest(request.url) ? REST_BODY : TRPC_BODY);
  });
}
