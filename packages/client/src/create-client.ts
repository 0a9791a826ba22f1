import type { PublicRouter } from './public-router.ts';
import { fetchOrNoAnswer } from './no-answer.ts';
import {
  createTRPCClient,
  httpBatchLink,
  httpSubscriptionLink,
  splitLink,
  type TRPCClient,
} from '@trpc/client';
import { EventSource } from 'eventsource';
import { fetchEvents } from './fetch-events.ts';
import { withIdempotencyKey } from './idempotency-key.ts';
import { retryUnavailable } from './retry.ts';

export interface ClientOptions {
  /** Where the API is, `/trpc` included: `https://host/trpc`. */
  url: string;
  /** The token of a participant, or what gives it at the time of each request. */
  token?: string | (() => string | undefined) | undefined;
}

export type Client = TRPCClient<PublicRouter>;

/** As many calls as the server takes in one request. */
const MAX_BATCH_SIZE = 10;

/**
 * A typed client of the API. Calls made at once travel in one request; subscriptions are server-sent
 * events, which come back by themselves after a break and go on where they were.
 *
 * What is not answered is repeated, three times at most, where that does no harm: queries, and
 * mutations with an idempotency key. Where one creates, joins or asks without a key, the client draws it.
 *
 * @example
 * const client = createClient({ url: 'http://localhost:3000/trpc' });
 * const session = await client.sessions.create.mutate({ title: 'Algebra', hostDisplayName: 'Ada' });
 */
export function createClient({ url, token }: ClientOptions): Client {
  const headers = (): Record<string, string> => {
    const current = typeof token === 'function' ? token() : token;
    return current === undefined ? {} : { authorization: `Bearer ${current}` };
  };
  return createTRPCClient<PublicRouter>({
    links: [
      withIdempotencyKey,
      splitLink({
        condition: ({ type }) => type === 'subscription',
        true: httpSubscriptionLink({
          url,
          // The one of browsers sends no headers, and a token does not go into a URL.
          EventSource,
          eventSourceOptions: () => ({ fetch: fetchEvents(headers) }),
        }),
        false: [
          retryUnavailable,
          httpBatchLink({ url, maxItems: MAX_BATCH_SIZE, fetch: fetchOrNoAnswer, headers }),
        ],
      }),
    ],
  });
}
