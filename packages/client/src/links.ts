import { type Operation, retryLink, type TRPCLink } from '@trpc/client';
import type { Contract } from './contract.ts';
import { fieldOf, reasonOf } from './errors.ts';
import type { PublicRouter } from './public-router.ts';

/** The mutations of a feature that accept an idempotency key. */
type Keyed<Procedures> = {
  [Name in keyof Procedures & string]: Procedures[Name] extends { input: infer Input }
    ? 'idempotencyKey' extends keyof Input
      ? Name
      : never
    : never;
}[keyof Procedures & string];

type KeyedPath<Features = Contract['procedures']> = {
  [Feature in keyof Features & string]: `${Feature}.${Keyed<Features[Feature]>}`;
}[keyof Features & string];

/** Fails to compile when a procedure with an idempotency key is missing. */
const KEYED = {
  'sessions.create': true,
  'sessions.join': true,
  'sessions.duplicate': true,
  'questions.submit': true,
  'hosts.createKey': true,
  'hosts.rotateKey': true,
} satisfies Record<KeyedPath, true>;

/**
 * Adds a random idempotency key to calls that accept one and have none: they can then be retried. Without
 * a source of secure random numbers, as in React Native, it adds none: a key is a secret, because repeating
 * its call returns the token.
 */
export const addIdempotencyKey: TRPCLink<PublicRouter> =
  () =>
  ({ op, next }) => {
    const { input } = op;
    if (!Object.hasOwn(KEYED, op.path) || typeof input !== 'object' || input === null) {
      return next(op);
    }
    const key = fieldOf(input, 'idempotencyKey') ?? randomUUID();
    return next(key === undefined ? op : { ...op, input: { ...input, idempotencyKey: key } });
  };

/** Replaces `crypto.randomUUID`, which browsers offer only on https and localhost. */
function randomUUID(): string | undefined {
  if (fieldOf(Reflect.get(globalThis, 'crypto'), 'getRandomValues') === undefined) return undefined;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes.set([((bytes[6] ?? 0) % 16) | 0x40], 6);
  bytes.set([((bytes[8] ?? 0) % 64) | 0x80], 8);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

const MAX_RETRIES = 3;
const FIRST_DELAY_MS = 200;
/** The estimated end of a retry must be within this time of the call. */
const MAX_TOTAL_MS = 5_000;

/**
 * Retries idempotent calls that fail with `UNAVAILABLE` up to three times: with exponential backoff, up
 * to 50 % jitter, and not before `retryAfterSeconds`. Assumes that a retry takes as long as the call
 * before it.
 */
export const retryUnavailable: TRPCLink<PublicRouter> = (runtime) => (call) => {
  const calledAt = performance.now();
  let startedAt = calledAt;
  let delayMs = 0;
  const link = retryLink<PublicRouter>({
    retry({ op, error, attempts }) {
      const now = performance.now();
      const retryAfterMs = (error.data?.retryAfterSeconds ?? 0) * 1_000;
      const backoffMs = FIRST_DELAY_MS * 2 ** (attempts - 1);
      delayMs = Math.max(retryAfterMs, backoffMs) * (1 + Math.random() / 2);
      const endsAt = now + delayMs + (now - startedAt);
      startedAt = now + delayMs;
      return (
        attempts <= MAX_RETRIES &&
        endsAt - calledAt <= MAX_TOTAL_MS &&
        reasonOf(error) === 'UNAVAILABLE' &&
        isIdempotent(op)
      );
    },
    retryDelayMs: () => delayMs,
  });
  return link(runtime)(call);
};

function isIdempotent({ type, input }: Operation): boolean {
  return type !== 'mutation' || fieldOf(input, 'idempotencyKey') !== undefined;
}
