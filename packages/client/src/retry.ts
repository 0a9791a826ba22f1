import { type Operation, retryLink, type TRPCLink } from '@trpc/client';
import type { PublicRouter } from './public-router.ts';
import { reasonOf } from './reason-of.ts';

const MAX_RETRIES = 3;
const FIRST_WAIT_MS = 200;
/** Who is told to come back later than this is better told so than kept waiting. */
const MAX_ASKED_MS = 5_000;

/**
 * Repeats what was not answered, or with `UNAVAILABLE`, and can be repeated: a query, or a mutation
 * with an idempotency key. Three times at most, each after twice the time and not before the server
 * asks for it; up to as long again is left to chance, so that a class does not come back at once.
 */
export const retryUnavailable: TRPCLink<PublicRouter> = (runtime) => (call) => {
  let askedMs = 0;
  const link = retryLink<PublicRouter>({
    retry({ op, error, attempts }) {
      askedMs = (error.data?.retryAfterSeconds ?? 0) * 1_000;
      return (
        attempts <= MAX_RETRIES &&
        askedMs <= MAX_ASKED_MS &&
        reasonOf(error) === 'UNAVAILABLE' &&
        isRepeatable(op)
      );
    },
    retryDelayMs(attempt) {
      const wait = Math.max(askedMs, FIRST_WAIT_MS * 2 ** (attempt - 1));
      return wait * (1 + Math.random());
    },
  });
  return link(runtime)(call);
};

function isRepeatable({ type, input }: Operation): boolean {
  if (type !== 'mutation') return true;
  return (
    typeof input === 'object' &&
    input !== null &&
    'idempotencyKey' in input &&
    input.idempotencyKey !== undefined
  );
}
