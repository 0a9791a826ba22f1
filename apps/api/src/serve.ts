import { buildApp } from './app.ts';
import { type Env, readEnv } from './env.ts';
import { createLogger, type Logger } from './logger.ts';
import { openDatabase } from './open-database.ts';
import { openRedis } from './rate-limits/open-redis.ts';
import { createRateLimits, noRateLimits, type RateLimits } from './rate-limits/rate-limits.ts';
import { generateCode } from './sessions/generate-code.ts';
import { sweepSessions } from './sessions/sweep-sessions.ts';
import { StartupError } from './startup-error.ts';

/**
 * Brings everything up, from the environment to the open port, and says where to find it. What it
 * opens it leaves to `stack` to close, the last first.
 *
 * @throws StartupError when it cannot; an AbortError when `signal` says so
 */
export async function serve(stack: AsyncDisposableStack, signal: AbortSignal): Promise<void> {
  const env = readEnv();
  const db = await openDatabase(env, stack, signal);
  const logger = createLogger(env.LOG_LEVEL);
  const app = await buildApp({
    db,
    generateJoinCode: () => generateCode(env.JOIN_CODE_LENGTH),
    sessionTtlSeconds: env.SESSION_TTL_HOURS * 3600,
    announce: () => {},
    rateLimits: await openRateLimits(env, logger, stack),
    logger,
    corsOrigins: env.CORS_ORIGINS,
    trustProxy: env.TRUST_PROXY,
  });
  stack.defer(() => app.close());
  signal.throwIfAborted();

  const url = await app.listen({ host: env.HOST, port: env.PORT }).catch((error: unknown) => {
    throw toStartupError(error, env.PORT);
  });
  const onError = (err: unknown) => logger.warn({ err }, 'sweep failed');
  const sweeping = sweepSessions({ db, retentionDays: env.RETENTION_DAYS, onError }, signal);
  stack.defer(() => sweeping);

  console.log(`Classroom listens on ${url}`);
  console.log('Create a session:');
  console.log(
    `curl -s ${url}/trpc/sessions.create -H 'content-type: application/json' -d '{"title":"Algebra I","hostDisplayName":"Ada"}'`,
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
