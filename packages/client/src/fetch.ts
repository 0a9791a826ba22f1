import type { httpBatchLink } from '@trpc/client';
import type { EventSourceFetchInit, FetchLike } from 'eventsource';
import { NetworkError } from './errors.ts';

/** The statuses of a proxy whose upstream does not respond. */
const GATEWAY_STATUSES = new Set([502, 503, 504]);

/**
 * A `fetch` that throws a NetworkError when the API does not respond, so that `reasonOf` can distinguish
 * it from a TypeError in the caller's code.
 */
export const fetchResponse: NonNullable<Parameters<typeof httpBatchLink>[0]['fetch']> = async (
  input,
  init,
) => {
  const { signal, ...rest } = init ?? {};
  const response = await fetchWhole(input, { ...rest, signal: signal ?? null }).catch(
    (cause: unknown) => {
      if (signal?.aborted === true) throw cause;
      throw new NetworkError('The server does not respond', { cause });
    },
  );
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  if (GATEWAY_STATUSES.has(response.status) && !isJson) {
    throw new NetworkError(`A proxy responds with ${response.status}`);
  }
  return response;
};

/** Reads the whole body, so that a truncated response is a network error too. */
async function fetchWhole(...request: Parameters<typeof fetch>): Promise<Response> {
  const response = await fetch(...request);
  return new Response(await response.text(), response);
}

/** Spreads the reconnections of clients that were disconnected together. */
const RECONNECT_JITTER_MS = 2_000;

/** The statuses after which a subscription reconnects. */
const RETRYABLE_STATUSES = new Set([429, ...GATEWAY_STATUSES]);

/**
 * Creates the `fetch` of one subscription, which sends the current token with each connection, delays
 * reconnections and retries retryable statuses.
 */
export function fetchEvents(headers: () => Record<string, string>): FetchLike {
  let isReconnection = false;
  return async (url: string | URL, init: EventSourceFetchInit) => {
    if (isReconnection) {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * RECONNECT_JITTER_MS));
    }
    isReconnection = true;
    const response = await fetch(url, { ...init, headers: { ...init.headers, ...headers() } });
    // An event source reconnects after a network error, but not after an HTTP error.
    if (RETRYABLE_STATUSES.has(response.status)) {
      throw new TypeError(`The server responds with ${response.status}`);
    }
    return response;
  };
}
