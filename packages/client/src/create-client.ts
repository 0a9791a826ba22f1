import {
  createTRPCClient,
  httpBatchLink,
  httpSubscriptionLink,
  splitLink,
  type TRPCClient,
} from '@trpc/client';
import { EventSource } from 'eventsource';
import { fetchEvents, fetchResponse } from './fetch.ts';
import { addIdempotencyKey, retryUnavailable } from './links.ts';
import type { PublicRouter } from './public-router.ts';

/** The options of `createClient`. */
export interface ClientOptions {
  /** The URL of the API, with `/trpc`: `https://host/trpc`. */
  url: string;
  /** The participant's token, or a function that returns it for each request. */
  token?: string | (() => string | undefined) | undefined;
}

/** A typed client: `client.sessions.create.mutate({ … })`. */
export type Client = TRPCClient<PublicRouter>;

/** The server's limit on calls per request. */
const MAX_BATCH_SIZE = 10;

/**
 * Creates a typed client of the API. Concurrent calls are batched into one request. Subscriptions are
 * server-sent events that reconnect and resume after the last event.
 *
 * Idempotent calls that fail with `UNAVAILABLE` are retried up to three times: queries, and mutations
 * with an idempotency key. `sessions.create`, `sessions.join` and `questions.submit` get a random key
 * when they have none.
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
      addIdempotencyKey,
      splitLink({
        condition: ({ type }) => type === 'subscription',
        true: httpSubscriptionLink({
          url,
          // The browser's own EventSource sends no headers, and a token must not be in a URL.
          EventSource,
          eventSourceOptions: () => ({ fetch: fetchEvents(headers) }),
        }),
        false: [
          retryUnavailable,
          httpBatchLink({ url, maxItems: MAX_BATCH_SIZE, fetch: fetchResponse, headers }),
        ],
      }),
    ],
  });
}
