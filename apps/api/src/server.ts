import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDatabase, createDatabaseOn, createPool } from '@classroom/db';
import { type AppContext, createAppContext } from './context.ts';
import type { Env } from './env.ts';
import { openLiveFeed } from './features/live/feed.ts';
import { createStreamCaps, noStreamCaps } from './features/live/stream-caps.ts';
import { buildApp } from './http/app.ts';
import { listen } from './http/listen.ts';
import { networkUrl } from './http/public-url.ts';
import { sweepSessions } from './jobs/sweep.ts';
import { type Logger, createLogger } from './observability/logger.ts';
import { createMetrics } from './observability/metrics.ts';
import { openTracing, traceQuery } from './observability/tracing.ts';
import { type DatabaseUrls, openDatabase } from './open-database.ts';
import { createRateLimits, noRateLimits } from './rate-limits/rate-limits.ts';
import { openRedis } from './redis.ts';
import { generateCode } from './secrets.ts';

/** The process exits after this time even if it has not stopped. */
export const STOP_TIMEOUT_MS = 10_000;

/** A closing terminal sends SIGHUP. */
export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Enough for a class that joins at once. A longer queue would only add waiting time. */
const WAITING_PER_CONNECTION = 15;

/**
 * Starts the server in this process and prints its address.
 *
 * @param signal aborts the start; afterwards, abort it before disposal to prepare the stop
 * @returns disposing completes the requests in flight and closes everything, the last opened first
 * @throws StartupError, or an AbortError after `signal`; nothing stays open
 */
export async function startServer(env: Env, signal: AbortSignal): Promise<AsyncDisposable> {
  const stack = new AsyncDisposableStack();
  try {
    const logger = createLogger(env.LOG_LEVEL);
    const database = stack.use(await openDatabase(env, logger, signal));
    const { context, addresses } = stack.use(await serve(env, { database, logger }, signal));
    stack.use(startSweep(env, { ...context, logger }, signal));
    printAddresses(addresses);
    return stack;
  } catch (error) {
    await disposeAfterFailure(stack);
    throw error;
  }
}

/** Closes the resources of a failed start, or gives up after the time of a stop. */
export async function disposeAfterFailure(stack: AsyncDisposableStack): Promise<void> {
  await Promise.race([stack.disposeAsync().catch(() => {}), sleep(STOP_TIMEOUT_MS)]);
}

export interface Serving extends AsyncDisposable {
  context: AppContext;
  addresses: Addresses;
}

/** Services that a worker gets from its parent. */
export interface ParentProcess {
  /** Reads the metrics of all workers. */
  scrape: () => Promise<string>;
}

/**
 * Serves HTTP on a database that is migrated.
 *
 * @param resources `database` is migrated; `parent` is set in a worker
 * @param signal see startServer
 */
export async function serve(
  env: Env,
  resources: { database: DatabaseUrls; logger: Logger; parent?: ParentProcess },
  signal: AbortSignal,
): Promise<Serving> {
  const { database, logger, parent } = resources;
  const stack = new AsyncDisposableStack();
  try {
    const collector = env.OTEL_EXPORTER_OTLP_ENDPOINT;
    if (collector !== undefined) stack.use(await openTracing(collector, logger));

    const { url, directUrl } = database;
    const max = env.DATABASE_POOL_MAX;
    const pool = createPool(url, { max, maxWaiting: max * WAITING_PER_CONNECTION });
    const db = stack.use(createDatabaseOn(pool, collector === undefined ? undefined : traceQuery));
    const healthDb = stack.use(createDatabase(url, { max: 1 }));

    const isLimited = env.RATE_LIMITS === 'on';
    const redis =
      env.REDIS_URL === undefined ? undefined : stack.use(await openRedis(env.REDIS_URL, logger));
    const counts = redis?.client ?? (parent && 'parent');
    // Not `signal`: streams stay open until the HTTP server closes.
    const liveEnd = new AbortController();
    const metrics = createMetrics(db, pool, parent?.scrape);
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
    stack.defer(async () => {
      liveEnd.abort();
      // Otherwise the other processes would count the ended streams until they expire.
      await live.drain();
    });
    const context = createAppContext({
      db,
      live,
      metrics,
      generateJoinCode: () => generateCode(env.JOIN_CODE_LENGTH),
      sessionTtlSeconds: env.SESSION_TTL_HOURS * 3600,
      maxParticipants: env.MAX_PARTICIPANTS,
      maxListeners: env.MAX_LISTENERS,
      rateLimits: isLimited ? createRateLimits(counts) : noRateLimits,
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
      processes: env.WEB_CONCURRENCY,
      stopping: signal,
    });
    stack.defer(() => app.close());
    signal.throwIfAborted();

    const { HOST: host, PORT: port } = env;
    const isWorker = parent !== undefined;
    const { address } = stack.use(await listen(app, { host, port, isWorker }));
    const network = env.IS_PRODUCTION ? '' : networkUrl(app.addresses());
    const addresses = { address, elsewhere: env.PUBLIC_URL ?? network };
    return { context, addresses, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  } catch (error) {
    await disposeAfterFailure(stack);
    throw error;
  }
}

/** Ends and deletes sessions until `signal` aborts. @returns disposing waits for the end */
export function startSweep(
  env: Env,
  { db, notifyChanged, logger }: Pick<AppContext, 'db' | 'notifyChanged'> & { logger: Logger },
  signal: AbortSignal,
): AsyncDisposable {
  const onError = (err: unknown, sessionId?: number) =>
    logger.warn({ err, sessionId }, 'sweep failed; it retries by itself');
  const retentionDays = env.RETENTION_DAYS;
  const sweeping = sweepSessions({ db, notifyChanged, retentionDays, onError }, signal);
  return { [Symbol.asyncDispose]: () => sweeping };
}

/** The image has it beside the bundle, the repository in `apps/web`. */
function findWebApp(): string {
  const beside = path.join(import.meta.dirname, 'web');
  return existsSync(beside) ? beside : path.join(import.meta.dirname, '../../web/dist');
}

/** Where the server can be reached. */
export interface Addresses {
  /** `http://127.0.0.1:3000` */
  address: string;
  /** The URL for other devices; empty when they cannot reach the server. */
  elsewhere: string;
}

export function printAddresses({ address, elsewhere }: Addresses): void {
  const others = elsewhere === '' ? '' : `, on other devices ${elsewhere}`;
  console.log(`Open ${address} in a browser${others}`);
  console.log(`Classroom listens on ${address}`);
  console.log('Create a session:');
  console.log(
    // The shell draws the name: a host name has at most three open sessions.
    `curl -s ${address}/trpc/sessions.create -H 'content-type: application/json' -d '{"title":"Algebra I","hostDisplayName":"Ada '$(date +%s)'"}'`,
  );
}
