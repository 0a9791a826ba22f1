import type { EventSourceFetchInit, FetchLike } from 'eventsource';

/** Everybody whose stream was cut at once comes back within this time. */
const JITTER_MS = 2_000;

/** Statuses of a server, or a proxy before it, that will answer later. */
const LATER = new Set([429, 502, 503, 504]);

/**
 * `fetch` for the events of one subscription: with the token of the moment in a header, a little later
 * at each return, and again after an answer that only says to come later.
 */
export function fetchEvents(headers: () => Record<string, string>): FetchLike {
  let isReturn = false;
  return async (url: string | URL, init: EventSourceFetchInit) => {
    if (isReturn) await new Promise((resolve) => setTimeout(resolve, Math.random() * JITTER_MS));
    isReturn = true;
    const response = await fetch(url, { ...init, headers: { ...init.headers, ...headers() } });
    // An event source gives up after an answer that is not an event stream, and not after none.
    if (LATER.has(response.status))
      throw new TypeError(`The server answers with ${response.status}`);
    return response;
  };
}
