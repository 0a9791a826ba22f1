import { randomUUID } from 'node:crypto';
import { Socket } from 'node:net';
import type { Database } from '@classroom/db';
import { type FastifyBaseLogger, type FastifyInstance, LogController, fastify } from 'fastify';
import type { AppContext } from '../context.ts';
import { createVoteBatcher } from '../features/questions/vote-batcher.ts';
import { createMetrics } from '../observability/metrics.ts';
import { registerCors } from './cors.ts';
import { registerDrain } from './drain.ts';
import { handleError, handleNotFound, setCommonHeaders } from './errors.ts';
import { registerHealthRoutes } from './health.ts';
import { BODY_LIMIT_BYTES } from './json-parser.ts';
import { registerLoadShedding } from './load-shedding.ts';
import { handleClientError, rejectMalformedRequests } from './malformed-requests.ts';
import { registerMetricsRoute } from './metrics.ts';
import { registerRestRoutes } from './rest/routes.ts';
import { registerTrpcRoute } from './trpc-route.ts';

export interface AppOptions extends Omit<AppContext, 'castVote' | 'metrics'> {
  /** The same database, with a connection that only `/readyz` uses. */
  healthDb: Database;
  logger: FastifyBaseLogger;
  /** Which pages may call: `https://host`, or `http://localhost:*` for any port. */
  corsOrigins: readonly string[];
  /** CIDRs of the proxies whose `X-Forwarded-For` counts. */
  trustProxy: readonly string[];
  /** Once it is aborted, balancers and clients are told to go elsewhere. */
  stopping: AbortSignal;
}

/** Room for the names of a thousand calls, so that we refuse so large a batch, and not Node. */
const MAX_HEADER_BYTES = 32 * 1024;

/** Longer than the pause between two pings of a live stream, and than `requestTimeout`. */
const INACTIVITY_TIMEOUT_MS = 15_000;
/** Node waits twice as long where a part has been written. Streams are hijacked, so it is not theirs. */
const WRITE_TIMEOUT_MS = 7_500;

/** The HTTP server, complete but for listening. It reads no environment and opens no connection. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { logger, healthDb, corsOrigins, trustProxy, stopping, ...given } = options;
  const context = {
    ...given,
    castVote: createVoteBatcher(given),
    metrics: createMetrics(given.db, given.live),
  };
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    trustProxy: trustProxy.length > 0 ? [...trustProxy] : false,
    frameworkErrors: handleError,
    clientErrorHandler: handleClientError,
    bodyLimit: BODY_LIMIT_BYTES,
    return503OnClosing: false,
    requestTimeout: 10_000,
    connectionTimeout: INACTIVITY_TIMEOUT_MS,
    keepAliveTimeout: 60_000,
    routerOptions: { maxParamLength: MAX_HEADER_BYTES },
    http: {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: 5_000,
      connectionsCheckingInterval: 1_000,
      // rejectMalformedRequests does, with a reason.
      requireHostHeader: false,
    },
  });

  app.setErrorHandler(handleError);
  app.setNotFoundHandler(handleNotFound);
  // Hooks of every request take `done`: each that is async would cost a turn of the queue.
  app.addHook('onRequest', (request, reply, done) => {
    setCommonHeaders(request, reply);
    done();
  });
  app.addHook('onSend', ({ socket }, _reply, _payload, done) => {
    // Requests that tests inject have no network socket.
    if (socket instanceof Socket) socket.setTimeout(WRITE_TIMEOUT_MS);
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    // The route, not the URL: a URL holds what the caller wrote.
    const { method, routeOptions } = request;
    const { statusCode: status, elapsedTime } = reply;
    const line = { method, route: routeOptions.url, status, ms: Math.round(elapsedTime) };
    if (!request.isShed) request.log.info(line);
    done();
  });
  await registerCors(app, corsOrigins);
  await registerLoadShedding(app, context.db);
  rejectMalformedRequests(app);
  registerDrain(app, stopping);
  registerHealthRoutes(app, healthDb, stopping);
  registerMetricsRoute(app, context.metrics);
  await registerTrpcRoute(app, context);
  await registerRestRoutes(app, context);
  return app;
}
