import {
  RLWrapperTimeouts,
  RateLimiterCluster,
  RateLimiterMemory,
  RateLimiterRedis,
  type RateLimiterRes,
} from 'rate-limiter-flexible';
import { DomainError } from '../errors.ts';
import { networksOf } from './client-address.ts';
import type { Redis } from '../redis.ts';

/** Limits the points per key in fixed windows. The first point starts a window. */
export interface RateLimiter {
  /** @throws DomainError RATE_LIMITED when no point is left */
  check: (key: string) => Promise<void>;
  /** Consumes a point. @throws DomainError RATE_LIMITED when no point was left */
  consume: (key: string) => Promise<void>;
  /** Deletes the key and its window. */
  reset: (key: string) => Promise<void>;
}

export interface RateLimits {
  /** Wrong codes, by address and its networks. A right code consumes nothing: a class shares an address. */
  codeGuesses: Pick<RateLimiter, 'check' | 'consume'>;
  /** Created sessions, by address. */
  creations: Pick<RateLimiter, 'check' | 'consume'>;
  /** Submitted questions, by the hash of the token. */
  submissions: Pick<RateLimiter, 'consume' | 'reset'>;
}

interface Limit {
  name: string;
  points: number;
  seconds: number;
}

/** Enough for a class that mistypes the code. By the size of the network, the smallest first. */
const CODES: readonly Limit[] = [
  { name: 'codes-of-address', points: 100, seconds: 60 },
  { name: 'codes-of-56', points: 200, seconds: 60 },
  { name: 'codes-of-48', points: 400, seconds: 60 },
];
/** Enough for a large school in its first lesson. */
const CREATIONS_OF_ADDRESS: Limit = { name: 'creations-of-address', points: 300, seconds: 3600 };
/** Enough for a person. A program could fill a session with withdrawn questions. */
const SUBMISSIONS_OF_TOKEN: Limit = { name: 'submissions-of-token', points: 20, seconds: 60 };

/** Where several processes share their counts: in Redis, or in the parent of a worker. */
export type SharedCounts = Redis | 'parent';

/** @param shared without it the process counts alone */
export function createRateLimits(shared?: SharedCounts): RateLimits {
  return {
    codeGuesses: createCodeGuesses(shared),
    creations: createRateLimiter(CREATIONS_OF_ADDRESS, shared),
    submissions: createRateLimiter(SUBMISSIONS_OF_TOKEN, shared),
  };
}

function createCodeGuesses(shared?: SharedCounts): RateLimits['codeGuesses'] {
  const limiters = CODES.map((limit) => createRateLimiter(limit, shared));
  const check = async (address: string) => {
    const checks = networksOf(address).map(async (network, n) => limiters[n]?.check(network));
    await Promise.all(checks);
  };
  return {
    check,
    async consume(address) {
      await check(address);
      // One after the other: an address without points must not consume those of its wider networks.
      for (const [n, network] of networksOf(address).entries()) await limiters[n]?.consume(network);
    },
  };
}

const unlimited: RateLimiter = {
  check: async () => {},
  consume: async () => {},
  reset: async () => {},
};

/** For `RATE_LIMITS=off`. */
export const noRateLimits: RateLimits = {
  codeGuesses: unlimited,
  creations: unlimited,
  submissions: unlimited,
};

/** Counts in memory when Redis or the parent does not respond in this time. */
const TIMEOUT_MS = 500;

function createRateLimiter({ name, points, seconds }: Limit, shared?: SharedCounts): RateLimiter {
  const memory = new RateLimiterMemory({ keyPrefix: name, points, duration: seconds });
  const limiter = shared === undefined ? memory : inSharedCounts(memory, shared);
  return {
    async check(key) {
      const window = await limiter.get(key);
      if (window !== null && window.consumedPoints >= points) throw rateLimited(window);
    },
    async consume(key) {
      const window = await limiter.penalty(key);
      if (window.consumedPoints > points) throw rateLimited(window);
    },
    async reset(key) {
      await limiter.delete(key);
    },
  };
}

/** Counts in memory while Redis or the parent is unavailable. */
function inSharedCounts(insuranceLimiter: RateLimiterMemory, shared: SharedCounts) {
  const { keyPrefix, points, duration } = insuranceLimiter;
  const limiter =
    shared === 'parent'
      ? new RateLimiterCluster({ keyPrefix, points, duration, timeoutMs: TIMEOUT_MS })
      : new RateLimiterRedis({
          storeClient: shared,
          useRedisPackage: true,
          rejectIfRedisNotReady: true,
          keyPrefix: `classroom:${keyPrefix}`,
          points,
          duration,
        });
  // The only insurance: a command that fails after its timeout must not count in memory twice.
  return new RLWrapperTimeouts({ limiter, insuranceLimiter, timeoutMs: TIMEOUT_MS });
}

function rateLimited({ msBeforeNext }: RateLimiterRes): DomainError {
  const retryAfterSeconds = Math.max(1, Math.ceil(msBeforeNext / 1000));
  return new DomainError('RATE_LIMITED', { retryAfterSeconds });
}
