import { setTimeout as sleep } from 'node:timers/promises';
import { type Env, readEnv } from './env.ts';
import { StartupError } from './errors.ts';
import { openLiveFeed } from './features/live/feed.ts';
import { createStreamCaps, noStreamCaps } from './features/live/stream-caps.ts';
import { buildApp } from './http/app.ts';
import { listen } from './http/listen.ts';
import { sweepSessions } from './jobs/sweep.ts';
import type { Shutdown } from './shutdown.ts';
import { type Logger, createLogger } from './observability/logger.ts';
import { openTracing, traceQuery } from './observability/tracing.ts';
import { openDatabase } from './open-database.ts';
import { type RateLimits, createRateLimits, noRateLimits } from './rate-limits/rate-limits.ts';
import { openRedis } from './rate-limits/redis.ts';
import { generateCode } from './secrets.ts';

/**
 * Brings everything up, from the environment to the open port, and says where to find it. What it
 * opens it leaves to `stack` to close, the last first.
 *
 * @throws StartupError when it cannot; an AbortError when it is to end before
 */
export async function startServer(stack: AsyncDisposableStack, shutdown: Shutdown): Promise<void> {
  const { signal, leaveMs } = shutdown;
  const env = readEnv();
  const logger = createLogger(env.LOG_LEVEL);
  const collector = env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (collector !== undefined) await openTracing(collector, logger, stack);
  const onQuery = collector === undefined ? undefined : traceQuery;
  const { db, healthDb, directUrl } = await openDatabase(env, stack, signal, logger, onQuery);
  // It goes on until the last stream has ended.
  const liveEnd = new AbortController();
  stack.defer(() => liveEnd.abort());
  const live = openLiveFeed(
    {
      db,
      url: directUrl,
      caps: env.RATE_LIMITS === 'off' ? noStreamCaps : createStreamCaps(),
      maxPerSession: env.MAX_PARTICIPANTS * 2,
      onError: (err) => logger.warn({ err }, 'live feed interrupted'),
    },
    liveEnd.signal,
  );
  const app = await buildApp({
    db,
    healthDb,
    live,
    notifyChanged: live.notifyChanged,
    generateJoinCode: () => generateCode(env.JOIN_CODE_LENGTH),
    maxParticipants: env.MAX_PARTICIPANTS,
    maxListeners: env.MAX_LISTENERS,
    sessionTtlSeconds: env.SESSION_TTL_HOURS * 3600,
    rateLimits: await openRateLimits(env, logger, stack),
    logger,
    corsOrigins: env.CORS_ORIGINS,
    trustProxy: env.TRUST_PROXY,
    stopping: signal,
  });
  stack.defer(() => app.close());
  signal.throwIfAborted();

  const place = { host: env.HOST, port: env.PORT };
  const { address, close } = await listen(app, place).catch((error: unknown) => {
    throw toStartupError(error, env.PORT);
  });
  stack.defer(async () => {
    await sleep(leaveMs());
    await close();
  });
  const onError = (err: unknown, sessionId?: number) =>
    logger.warn({ err, sessionId }, 'sweep failed');
  const sweeping = sweepSessions(
    { db, notifyChanged: live.notifyChanged, retentionDays: env.RETENTION_DAYS, onError },
    signal,
  );
  stack.defer(() => sweeping);

  console.log(`Classroom listens on ${address}`);
  console.log('Create a session:');
  console.log(
    `curl -s ${address}/trpc/sessions.create -H 'content-type: application/json' -d '{"title":"Algebra I","hostDisplayName":"Ada"}'`,
  );
}

async function openRateLimits(
  { RATE_LIMITS, REDIS_URL }: Env,
  logger: Logger,
  stack: AsyncDisposableStack,
): Promise<RateLimits> {
  if (RATE_LIMITS === 'off') return noRateLimits;
  if (REDIS_URL === undefined) return createRateLimits();
  return createRateLimits(await openRedis(REDIS_URL, logger, stack));
}

function toStartupError(error: unknown, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return new StartupError(
        `PORT: ${port} is taken; stop what listens there or set another PORT`,
      );
    case 'EACCES':
      return new StartupError(`PORT: ${port} is not ours to open; set one above 1023`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new StartupError('HOST: this machine has no such address');
    default:
      return error;
  }
}
