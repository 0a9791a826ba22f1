import {
  RLWrapperTimeouts,
  RateLimiterMemory,
  RateLimiterRedis,
  type RateLimiterRes,
} from 'rate-limiter-flexible';
import { DomainError } from '../errors.ts';
import type { Redis } from './redis.ts';

/** So many points in so many seconds for each key; the first consume starts the clock. */
export interface RateLimiter {
  /** @throws DomainError RATE_LIMITED when the key's points are spent */
  check: (key: string) => Promise<void>;
  /**
   * Takes a point.
   *
   * @throws DomainError RATE_LIMITED when there was none left
   */
  consume: (key: string) => Promise<void>;
  /** Gives the key all its points back, and forgets it. */
  reset: (key: string) => Promise<void>;
}

export interface RateLimiterOptions {
  name: string;
  points: number;
  seconds: number;
}

/** A Redis that answers later than this counts as away. */
const REDIS_TIMEOUT_MS = 500;

/** A budget in Redis when there is one, and else in the memory of this process. */
export function createRateLimiter(options: RateLimiterOptions, redis?: Redis): RateLimiter {
  const { points } = options;
  const limiter = redis === undefined ? inMemory(options) : inRedis(options, redis);
  return {
    async check(key) {
      const spent = await limiter.get(key);
      if (spent !== null && spent.consumedPoints >= points) throw rateLimited(spent);
    },
    async consume(key) {
      const spent = await limiter.penalty(key);
      if (spent.consumedPoints > points) throw rateLimited(spent);
    },
    async reset(key) {
      await limiter.delete(key);
    },
  };
}

function inMemory({ name, points, seconds }: RateLimiterOptions): RateLimiterMemory {
  return new RateLimiterMemory({ keyPrefix: name, points, duration: seconds });
}

/** While Redis is away, its place is taken by the memory of each process. */
function inRedis(options: RateLimiterOptions, redis: Redis): RLWrapperTimeouts {
  const { name, points, seconds } = options;
  const insuranceLimiter = inMemory(options);
  const limiter = new RateLimiterRedis({
    storeClient: redis,
    useRedisPackage: true,
    rejectIfRedisNotReady: true,
    keyPrefix: `classroom:${name}`,
    points,
    duration: seconds,
    insuranceLimiter,
  });
  return new RLWrapperTimeouts({ limiter, insuranceLimiter, timeoutMs: REDIS_TIMEOUT_MS });
}

function rateLimited({ msBeforeNext }: RateLimiterRes): DomainError {
  const retryAfterSeconds = Math.max(1, Math.ceil(msBeforeNext / 1000));
  return new DomainError('RATE_LIMITED', { retryAfterSeconds });
}
