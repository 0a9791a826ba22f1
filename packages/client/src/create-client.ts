import {
  createTRPCClient,
  httpBatchLink,
  httpSubscriptionLink,
  splitLink,
  type TRPCClient,
} from '@trpc/client';
import { EventSource } from 'eventsource';
import { type Fetch, fetchEvents, fetchResponse } from './fetch.ts';
import { addIdempotencyKey, retryUnavailable } from './links.ts';
import type { PublicRouter } from './public-router.ts';
import { resolveUrl } from './resolve-url.ts';
import { reportVotes, type VoteListener, voteListeners } from './votes.ts';

type HeaderRecord = Record<string, string>;

/** An `EventSource` that sends headers, through either of its options. The browser's own does not. */
export type EventSourceConstructor = new (
  url: string,
  init?: { headers: HeaderRecord; fetch: Fetch },
) => {
  readonly CLOSED: number;
  readonly CONNECTING: number;
  readonly OPEN: number;
  readonly readyState: number;
  addEventListener: (type: string, listener: (event: object) => void) => void;
  removeEventListener: (type: string, listener: (event: object) => void) => void;
  close: () => void;
};

/** The options of `createClient`. */
export interface ClientOptions {
  /** The URL of the API, with `/trpc`: `https://host/trpc`. In a browser also `/trpc`. */
  url: string;
  /** The participant's token, or a function that returns it for each request. */
  token?: string | (() => string | undefined) | undefined;
  /** Replaces the global `fetch`. */
  fetch?: typeof fetch | undefined;
  /** Replaces the event source of the package `eventsource`, which requires a `fetch` with streams. */
  EventSource?: EventSourceConstructor | undefined;
  /** Additional headers, or a function that returns them for each request. */
  headers?: HeaderRecord | (() => HeaderRecord) | undefined;
  /** The maximum duration of a request, and of the connection of a subscription: 10 seconds by default. */
  timeoutMs?: number | undefined;
}

/** A typed client: `client.sessions.create.mutate({ … })`. */
export type Client = TRPCClient<PublicRouter>;

/** The server's limit on calls per request. */
const MAX_BATCH_SIZE = 10;
const TIMEOUT_MS = 10_000;

/**
 * Creates a typed client of the API. Concurrent calls are batched into one request. Subscriptions are
 * server-sent events that reconnect and resume after the last event.
 *
 * Idempotent calls that fail with `UNAVAILABLE` are retried up to three times: queries, and mutations
 * with an idempotency key. `sessions.create`, `sessions.join`, `sessions.duplicate` and `questions.submit`
 * get a random key when they have none.
 *
 * @throws Error when the URL is relative outside of a browser, or is not that of a tRPC API
 * @example
 * const client = createClient({ url: 'http://localhost:3000/trpc' });
 * const session = await client.sessions.create.mutate({ title: 'Algebra', hostDisplayName: 'Ada' });
 */
export function createClient(options: ClientOptions): Client {
  const { token, timeoutMs = TIMEOUT_MS } = options;
  const url = resolveUrl(options.url);
  const headers = (): HeaderRecord => {
    const added = typeof options.headers === 'function' ? options.headers() : options.headers;
    const current = typeof token === 'function' ? token() : token;
    return {
      ...added,
      ...(current !== undefined && { authorization: `Bearer ${current}` }),
    };
  };
  const send: typeof fetch = (...request) => (options.fetch ?? globalThis.fetch)(...request);
  const requests = { url, timeoutMs, fetch: send, headers };
  const listeners = new Set<VoteListener>();
  const client = createTRPCClient<PublicRouter>({
    links: [
      reportVotes(listeners),
      addIdempotencyKey,
      splitLink({
        condition: ({ type }) => type === 'subscription',
        true: httpSubscriptionLink({
          url,
          // The browser's own EventSource sends no headers, and a token must not be in a URL.
          EventSource: options.EventSource ?? EventSource,
          eventSourceOptions: () => ({ headers: headers(), fetch: fetchEvents(requests) }),
        }),
        false: [
          retryUnavailable,
          httpBatchLink({ url, maxItems: MAX_BATCH_SIZE, fetch: fetchResponse(requests), headers }),
        ],
      }),
    ],
  });
  voteListeners.set(client, listeners);
  return client;
}
