import { type RateLimiter, createRateLimiter } from './rate-limiter.ts';
import type { Redis } from './redis.ts';

/** What a caller may do too often. Addresses are as `clientAddress` gives them. */
export interface RateLimit {
  /** @throws DomainError RATE_LIMITED when nothing is left for this address */
  check: (address: string) => Promise<void>;
  /** @throws DomainError RATE_LIMITED when nothing was left for this address */
  consume: (address: string) => Promise<void>;
}

export interface RateLimits {
  /** Wrong join codes. The right ones cost nothing, or a class would lock itself out. */
  codeGuesses: RateLimit;
  /** Sessions that were created. */
  creations: RateLimit;
  /** Questions that a participant submits, by the hash of the token. */
  submissions: Pick<RateLimiter, 'consume' | 'reset'>;
}

/** A class of students who mistype, a few times over. */
const CODES_OF_ADDRESS = { name: 'codes-of-address', points: 100, seconds: 600 };
/** For those who guess from many addresses. */
const CODES_OF_ALL = { name: 'codes-of-all', points: 1000, seconds: 60 };
/** A large school in its first lesson. */
const CREATIONS_OF_ADDRESS = { name: 'creations-of-address', points: 300, seconds: 3600 };
/** More than anybody types; somebody who submits and withdraws by program leaves rows. */
const SUBMISSIONS_OF_TOKEN = { name: 'submissions-of-token', points: 20, seconds: 60 };
const EVERYBODY = 'everybody';

/** @param redis where all processes count together; without it each counts for itself */
export function createRateLimits(redis?: Redis): RateLimits {
  const codesOfAddress = createRateLimiter(CODES_OF_ADDRESS, redis);
  const codesOfAll = createRateLimiter(CODES_OF_ALL, redis);
  const checkCodes = async (address: string) => {
    await Promise.all([codesOfAddress.check(address), codesOfAll.check(EVERYBODY)]);
  };
  return {
    codeGuesses: {
      check: checkCodes,
      async consume(address) {
        // An address with nothing left takes nothing from everybody's, nor are new ones remembered
        // once that is spent.
        await checkCodes(address);
        await codesOfAddress.consume(address);
        await codesOfAll.consume(EVERYBODY);
      },
    },
    creations: createRateLimiter(CREATIONS_OF_ADDRESS, redis),
    submissions: createRateLimiter(SUBMISSIONS_OF_TOKEN, redis),
  };
}

const free: RateLimiter = { check: async () => {}, consume: async () => {}, reset: async () => {} };

/** For `RATE_LIMITS=off`. */
export const noRateLimits: RateLimits = {
  codeGuesses: free,
  creations: free,
  submissions: free,
};
