import ipaddr from 'ipaddr.js';
import {
  RLWrapperTimeouts,
  RateLimiterMemory,
  RateLimiterRedis,
  type RateLimiterRes,
} from 'rate-limiter-flexible';
import { DomainError } from '../errors.ts';
import type { Redis } from './redis.ts';

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
  /** Wrong join codes, by address. A right code consumes nothing, because a class shares an address. */
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

/** Enough for a class of students who mistype the code. */
const CODES_OF_ADDRESS: Limit = { name: 'codes-of-address', points: 100, seconds: 600 };
/** Bounds guessing from many addresses. */
const CODES_OF_ALL: Limit = { name: 'codes-of-all', points: 1000, seconds: 60 };
/** Enough for a large school in its first lesson. */
const CREATIONS_OF_ADDRESS: Limit = { name: 'creations-of-address', points: 300, seconds: 3600 };
/** Enough for a person. A program could fill a session with withdrawn questions. */
const SUBMISSIONS_OF_TOKEN: Limit = { name: 'submissions-of-token', points: 20, seconds: 60 };
const ALL_ADDRESSES = 'all';

/** @param redis shares the counts between processes; without it each process counts alone */
export function createRateLimits(redis?: Redis): RateLimits {
  const codesOfAddress = createRateLimiter(CODES_OF_ADDRESS, redis);
  const codesOfAll = createRateLimiter(CODES_OF_ALL, redis);
  const check = async (address: string) => {
    await Promise.all([codesOfAddress.check(address), codesOfAll.check(ALL_ADDRESSES)]);
  };
  return {
    codeGuesses: {
      check,
      async consume(address) {
        // A limited address must not consume the points of all addresses, nor add keys to the memory.
        await check(address);
        await codesOfAddress.consume(address);
        await codesOfAll.consume(ALL_ADDRESSES);
      },
    },
    creations: createRateLimiter(CREATIONS_OF_ADDRESS, redis),
    submissions: createRateLimiter(SUBMISSIONS_OF_TOKEN, redis),
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

/** Treat Redis as unreachable when it does not respond in this time. */
const REDIS_TIMEOUT_MS = 500;

function createRateLimiter({ name, points, seconds }: Limit, redis?: Redis): RateLimiter {
  const memory = new RateLimiterMemory({ keyPrefix: name, points, duration: seconds });
  const limiter = redis === undefined ? memory : inRedis(memory, redis);
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

/** Counts in memory while Redis is unreachable. */
function inRedis(insuranceLimiter: RateLimiterMemory, redis: Redis): RLWrapperTimeouts {
  const { keyPrefix, points, duration } = insuranceLimiter;
  const limiter = new RateLimiterRedis({
    storeClient: redis,
    useRedisPackage: true,
    rejectIfRedisNotReady: true,
    keyPrefix: `classroom:${keyPrefix}`,
    points,
    duration,
    insuranceLimiter,
  });
  return new RLWrapperTimeouts({ limiter, insuranceLimiter, timeoutMs: REDIS_TIMEOUT_MS });
}

function rateLimited({ msBeforeNext }: RateLimiterRes): DomainError {
  const retryAfterSeconds = Math.max(1, Math.ceil(msBeforeNext / 1000));
  return new DomainError('RATE_LIMITED', { retryAfterSeconds });
}

const NETWORK_SEGMENTS = 4;

/**
 * The key of a client address: IPv4 as it is, IPv6 by its /64, the smallest network of one customer
 * (RFC 6177), and IPv4-mapped IPv6 as IPv4.
 *
 * @param ip Fastify's `request.ip`; all invalid addresses share one key
 */
export function clientAddress(ip: string): string {
  if (!ipaddr.isValid(ip)) return 'unknown';
  const address = ipaddr.process(ip);
  if (address instanceof ipaddr.IPv4) return address.toString();
  const network = address.parts.slice(0, NETWORK_SEGMENTS).map((part) => part.toString(16));
  return `${network.join(':')}::/64`;
}
