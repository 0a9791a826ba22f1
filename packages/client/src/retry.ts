import { type Operation, retryLink, type TRPCLink } from '@trpc/client';
import type { PublicRouter } from './public-router.ts';
import { reasonOf } from './reason-of.ts';

const MAX_RETRIES = 3;
const FIRST_WAIT_MS = 200;
/** The longest that a caller is kept waiting; what would take longer, they are better told. */
const MAX_TOTAL_MS = 5_000;

/**
 * Repeats what was not answered, or with `UNAVAILABLE`, and can be repeated: a query, or a mutation
 * with an idempotency key. Three times at most, each after twice the time and not before the server
 * asks for it; up to half as long again is left to chance, so that a class does not come back at
 * once. It is not repeated when, taking as long as the last time, it would end after five seconds.
 */
export const retryUnavailable: TRPCLink<PublicRouter> = (runtime) => (call) => {
  const called = performance.now();
  let begun = called;
  let wait = 0;
  const link = retryLink<PublicRouter>({
    retry({ op, error, attempts }) {
      const now = performance.now();
      const asked = (error.data?.retryAfterSeconds ?? 0) * 1_000;
      wait = Math.max(asked, FIRST_WAIT_MS * 2 ** (attempts - 1)) * (1 + Math.random() / 2);
      const endsAt = now + wait + (now - begun);
      begun = now + wait;
      return (
        attempts <= MAX_RETRIES &&
        endsAt - called <= MAX_TOTAL_MS &&
        reasonOf(error) === 'UNAVAILABLE' &&
        isRepeatable(op)
      );
    },
    retryDelayMs: () => wait,
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
