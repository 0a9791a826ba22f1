import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDatabase, createDatabaseOn, createPool } from '@classroom/db';
import { createAppContext } from './context.ts';
import type { Env } from './env.ts';
import { openLiveFeed } from './features/live/feed.ts';
import { createStreamCaps, noStreamCaps } from './features/live/stream-caps.ts';
import { buildApp } from './http/app.ts';
import { listen } from './http/listen.ts';
import { networkUrl } from './http/public-url.ts';
import { sweepSessions } from './jobs/sweep.ts';
import { createLogger } from './observability/logger.ts';
import { createMetrics } from './observability/metrics.ts';
import { openTracing, traceQuery } from './observability/tracing.ts';
import { openPostgres, prepareDatabase } from './open-database.ts';
import { createRateLimits, noRateLimits } from './rate-limits/rate-limits.ts';
import { openRedis } from './redis.ts';
import { generateCode } from './secrets.ts';

/** The process exits after this time even if it has not stopped. */
export const STOP_TIMEOUT_MS = 10_000;

/** Enough for a class that joins at once. A longer queue would only add waiting time. */
const WAITING_PER_CONNECTION = 15;

/**
 * Starts the server and prints its address.
 *
 * @param signal aborts the start; afterwards, abort it before disposal to prepare the stop
 * @returns disposing completes the requests in flight and closes everything, the last opened first
 * @throws StartupError, or an AbortError after `signal`; nothing stays open
 */
export async function startServer(env: Env, signal: AbortSignal): Promise<AsyncDisposable> {
  const stack = new AsyncDisposableStack();
  try {
    const logger = createLogger(env.LOG_LEVEL);
    const collector = env.OTEL_EXPORTER_OTLP_ENDPOINT;
    if (collector !== undefined) stack.use(await openTracing(collector, logger));

    const { url } = stack.use(await openPostgres(env, logger, signal));
    const directUrl = env.DATABASE_DIRECT_URL ?? url;
    const max = env.DATABASE_POOL_MAX;
    const pool = createPool(url, { max, maxWaiting: max * WAITING_PER_CONNECTION });
    const db = stack.use(createDatabaseOn(pool, collector === undefined ? undefined : traceQuery));
    const healthDb = stack.use(createDatabase(url, { max: 1 }));
    await prepareDatabase({ url, directUrl }, signal);

    const isLimited = env.RATE_LIMITS === 'on';
    const redis =
      env.REDIS_URL === undefined ? undefined : stack.use(await openRedis(env.REDIS_URL, logger));
    // Not `signal`: streams stay open until the HTTP server closes.
    const liveEnd = new AbortController();
    stack.defer(() => liveEnd.abort());
    const metrics = createMetrics(db, pool);
    const live = openLiveFeed(
      {
        db,
        url: directUrl,
        redis: redis?.client,
        caps: isLimited ? createStreamCaps() : noStreamCaps,
        maxPerSession: env.MAX_PARTICIPANTS * 2,
        observer: metrics.live,
        onError: (err) => logger.warn({ err }, 'live feed interrupted; it retries by itself'),
      },
      liveEnd.signal,
    );
    const context = createAppContext({
      db,
      live,
      metrics,
      generateJoinCode: () => generateCode(env.JOIN_CODE_LENGTH),
      sessionTtlSeconds: env.SESSION_TTL_HOURS * 3600,
      maxParticipants: env.MAX_PARTICIPANTS,
      maxListeners: env.MAX_LISTENERS,
      rateLimits: isLimited ? createRateLimits(redis?.client) : noRateLimits,
    });
    const app = await buildApp(context, {
      pool,
      healthDb,
      logger,
      corsOrigins: env.CORS_ORIGINS,
      publicUrl: env.PUBLIC_URL,
      webDirectory: findWebApp(),
      isInNetwork: !env.IS_PRODUCTION,
      trustProxy: env.TRUST_PROXY,
      stopping: signal,
    });
    stack.defer(() => app.close());
    signal.throwIfAborted();

    const { address } = stack.use(await listen(app, { host: env.HOST, port: env.PORT }));
    const { notifyChanged } = context;
    const onError = (err: unknown, sessionId?: number) =>
      logger.warn({ err, sessionId }, 'sweep failed; it retries by itself');
    const retentionDays = env.RETENTION_DAYS;
    const sweeping = sweepSessions({ db, notifyChanged, retentionDays, onError }, signal);
    stack.defer(() => sweeping);
    const network = env.IS_PRODUCTION ? '' : networkUrl(app.addresses());
    printAddresses(address, env.PUBLIC_URL ?? network);
    return stack;
  } catch (error) {
    await Promise.race([stack.disposeAsync().catch(() => {}), sleep(STOP_TIMEOUT_MS)]);
    throw error;
  }
}

/** The image has it beside the bundle, the repository in `apps/web`. */
function findWebApp(): string {
  const beside = path.join(import.meta.dirname, 'web');
  return existsSync(beside) ? beside : path.join(import.meta.dirname, '../../web/dist');
}

function printAddresses(address: string, publicUrl: string): void {
  const others = publicUrl === '' ? '' : `, on other devices ${publicUrl}`;
  console.log(`Open ${address} in a browser${others}`);
  console.log(`Classroom listens on ${address}`);
  console.log('Create a session:');
  console.log(
    // The shell draws the name: a host name has at most three open sessions.
    `curl -s ${address}/trpc/sessions.create -H 'content-type: application/json' -d '{"title":"Algebra I","hostDisplayName":"Ada '$(date +%s)'"}'`,
  );
}
