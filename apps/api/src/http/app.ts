import { randomUUID } from 'node:crypto';
import { Socket } from 'node:net';
import type { Database, DatabasePool } from '@classroom/db';
import { type FastifyBaseLogger, type FastifyInstance, LogController, fastify } from 'fastify';
import type { AppContext } from '../context.ts';
import { registerCors } from './cors.ts';
import { handleError, handleNotFound } from './errors.ts';
import { registerHealthRoutes } from './health.ts';
import { BODY_LIMIT_BYTES } from './json-parser.ts';
import { registerDrain } from './listen.ts';
import { registerLiveStreams } from './live-streams.ts';
import { registerLoadShedding } from './load-shedding.ts';
import { handleClientError, rejectMalformedRequests } from './malformed-requests.ts';
import { registerMetrics } from './metrics.ts';
import { registerRequestLog } from './request-log.ts';
import { registerRestRoutes } from './rest/routes.ts';
import { setCommonHeaders } from './security-headers.ts';
import { registerStaticFiles } from './static-files.ts';
import { registerTrpcRoute } from './trpc-route.ts';
import { registerWebApp } from './web-app.ts';

export interface HttpOptions {
  /** The pool of `context.db`, for load shedding. */
  pool: DatabasePool;
  /** The same database, with a connection that only `/readyz` uses. */
  healthDb: Database;
  logger: FastifyBaseLogger;
  /** Allowed origins: `https://host`, or `http://localhost:*` for any port. */
  corsOrigins: readonly string[];
  /** The URL under which users reach the server, if it is not the address listened on. */
  publicUrl?: string | undefined;
  /** The build of the web app, unless the server serves none. */
  webDirectory?: string | undefined;
  /** Whether other devices reach this machine by its own address, which is not so in a container. */
  isInNetwork: boolean;
  /** CIDRs of the proxies whose `X-Forwarded-For` is trusted. */
  trustProxy: readonly string[];
  /** The processes that share the memory of the container (1). */
  processes?: number | undefined;
  /** Aborts when the process is about to stop: `/readyz` then fails, and responses close connections. */
  stopping: AbortSignal;
}

/** Large enough that a batch of a thousand calls is refused by the route, with a reason. */
const MAX_HEADER_BYTES = 32 * 1024;

/** Longer than `requestTimeout` and the interval of stream pings. */
const INACTIVITY_TIMEOUT_MS = 15_000;
/** Node waits twice as long when a part was written. Hijacked streams are not affected. */
const WRITE_TIMEOUT_MS = 7_500;

/** Builds the HTTP server. It reads no environment and opens no connection. */
export async function buildApp(
  context: AppContext,
  options: HttpOptions,
): Promise<FastifyInstance> {
  const { pool, healthDb, logger, corsOrigins, publicUrl, trustProxy, stopping } = options;
  const { webDirectory, isInNetwork, processes } = options;
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
      // rejectMalformedRequests checks it: Node's own refusal has no body.
      requireHostHeader: false,
    },
  });

  app.setErrorHandler(handleError);
  app.setNotFoundHandler(handleNotFound);
  // Hooks take `done`, because an async hook would cost every request a turn of the microtask queue.
  app.addHook('onRequest', (request, reply, done) => {
    setCommonHeaders(request, reply);
    done();
  });
  app.addHook('onSend', ({ socket }, _reply, _payload, done) => {
    // Injected requests have no network socket.
    if (socket instanceof Socket) socket.setTimeout(WRITE_TIMEOUT_MS);
    done();
  });
  registerRequestLog(app);
  await registerCors(app, corsOrigins, publicUrl);
  await registerLoadShedding(app, pool, processes);
  rejectMalformedRequests(app);
  registerDrain(app, stopping);
  registerHealthRoutes(app, healthDb, stopping);
  registerMetrics(app, context.metrics);
  await registerStaticFiles(app);
  if (webDirectory !== undefined) {
    await registerWebApp(app, webDirectory, publicUrl, isInNetwork);
  }
  const openStream = registerLiveStreams(app, context);
  await registerTrpcRoute(app, context, openStream);
  await registerRestRoutes(app, context, openStream);
  return app;
}
