import { fieldOf, NetworkError } from './errors.ts';

/** How requests are sent. */
export interface Requests {
  /** The URL of the API, for messages. */
  url: string;
  timeoutMs: number;
  fetch: typeof fetch;
  headers: () => Record<string, string>;
}

/** A `fetch` whose signal may be undefined, as tRPC's types have it. */
export type Fetch = (url: Parameters<typeof fetch>[0], init?: Init) => Promise<Response>;
type Init = Omit<RequestInit, 'signal'> & { signal?: AbortSignal | null | undefined };

/** The server has waited in vain for the rest of a request, as after a lost connection. */
const REQUEST_TIMEOUT = 408;

/** The statuses of a proxy whose upstream does not respond. */
const GATEWAY_STATUSES = new Set([502, 503, 504]);

/**
 * Creates the `fetch` of calls. It throws a NetworkError when the API does not respond in time, so that
 * `reasonOf` can distinguish it from a TypeError in the caller's code.
 */
export function fetchResponse(requests: Requests): Fetch {
  return async (input, init) => {
    const deadline = startDeadline(requests.timeoutMs, init?.signal);
    try {
      const response = await requests.fetch(input, { ...init, signal: deadline.signal });
      // Reads the whole body, so that a truncated response is a network error too.
      const text = await response.text();
      if (!isJson(response)) throw new NetworkError(notTheApi(requests, response.status));
      if (response.status === REQUEST_TIMEOUT) {
        throw new NetworkError('The server has not received the whole request');
      }
      return new Response(text, response);
    } catch (cause) {
      if (cause instanceof NetworkError || init?.signal?.aborted === true) throw cause;
      throw noResponse(requests, deadline, cause);
    } finally {
      deadline.release();
    }
  };
}

/** Spreads the reconnections of clients that were disconnected together. */
const RECONNECT_JITTER_MS = 2_000;

/** The statuses after which a subscription reconnects. */
const RETRYABLE_STATUSES = new Set([REQUEST_TIMEOUT, 429, ...GATEWAY_STATUSES]);

/**
 * Creates the `fetch` of one subscription. It sends the current headers with each connection, delays
 * reconnections, and retries retryable statuses and connections that take too long.
 */
export function fetchEvents(requests: Requests): Fetch {
  let isReconnection = false;
  return async (url, init) => {
    if (isReconnection) {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * RECONNECT_JITTER_MS));
    }
    isReconnection = true;
    const headers = { ...toRecord(init?.headers), ...requests.headers() };
    const deadline = startDeadline(requests.timeoutMs, init?.signal);
    try {
      const response = await requests.fetch(url, { ...init, headers, signal: deadline.signal });
      // An event source reconnects after an error of `fetch`, but not after an HTTP error.
      if (RETRYABLE_STATUSES.has(response.status)) {
        throw new NetworkError(`The server responds with ${response.status}`);
      }
      return isEventStream(response) ? response : await toErrorEvent(requests, response);
    } catch (cause) {
      if (cause instanceof NetworkError || init?.signal?.aborted === true) throw cause;
      throw noResponse(requests, deadline, cause);
    } finally {
      // The signal stays connected: it also ends the stream.
      deadline.stopTimer();
    }
  };
}

/** Turns a refusal into a stream with that error, as the server refuses streams that it has opened. */
async function toErrorEvent(requests: Requests, response: Response): Promise<Response> {
  const body: unknown = isJson(response) ? await response.json() : undefined;
  const data = JSON.stringify(fieldOf(body, 'error') ?? toErrorShape(requests, response));
  return new Response(`event: serialized-error\ndata: ${data}\n\n`, {
    headers: { 'content-type': 'text/event-stream' },
  });
}

/** The error of a response that is not the API's, as tRPC sends errors. Streams reconnect after -32603. */
function toErrorShape(requests: Requests, { status }: Response) {
  const data = { code: 'NOT_FOUND', httpStatus: status, reason: 'UNAVAILABLE' };
  return { message: notTheApi(requests, status), code: -32004, data };
}

interface Deadline {
  signal: AbortSignal;
  /** Whether the time has passed. */
  hasPassed: () => boolean;
  stopTimer: () => void;
  release: () => void;
}

/** Without AbortSignal.any and AbortSignal.timeout, which React Native does not have. */
function startDeadline(timeoutMs: number, outer: AbortSignal | null | undefined): Deadline {
  const controller = new AbortController();
  let hasPassed = false;
  const abort = () => controller.abort(outer?.reason);
  if (outer?.aborted === true) abort();
  outer?.addEventListener('abort', abort);
  const timer = setTimeout(() => {
    hasPassed = true;
    controller.abort();
  }, timeoutMs);
  const stopTimer = () => clearTimeout(timer);
  return {
    signal: controller.signal,
    hasPassed: () => hasPassed,
    stopTimer,
    release() {
      stopTimer();
      outer?.removeEventListener('abort', abort);
    },
  };
}

function noResponse(requests: Requests, deadline: Deadline, cause: unknown): NetworkError {
  const { url, timeoutMs } = requests;
  const within = deadline.hasPassed() ? ` within ${timeoutMs} ms` : '';
  const message = `No response from ${url}${within}: is the server running, and is the URL right?`;
  return new NetworkError(message + hintFor(url), { cause });
}

const LOOPBACK = /^https?:\/\/(localhost|127\.|\[::1\])/i;

/** Returns what the page of another origin has to do, if this is one. */
function hintFor(url: string): string {
  const origin = fieldOf(Reflect.get(globalThis, 'location'), 'origin');
  if (typeof origin !== 'string' || url.startsWith(`${origin}/`)) return '';
  if (LOOPBACK.test(url) && !LOOPBACK.test(origin)) {
    return ' This url is the device itself: use the address of the server, and start it with HOST=0.0.0.0.';
  }
  return ` If so, add ${origin} to the server's CORS_ORIGINS.`;
}

function notTheApi({ url }: Requests, status: number): NetworkError['message'] {
  return GATEWAY_STATUSES.has(status)
    ? `A proxy responds with ${status} for ${url}: the server behind it does not respond`
    : `${url} responds with ${status} and no JSON: this URL is not that of the API`;
}

function isEventStream({ ok, headers }: Response): boolean {
  return ok && headers.get('content-type')?.startsWith('text/event-stream') === true;
}

function isJson({ headers }: Response): boolean {
  return headers.get('content-type')?.startsWith('application/json') === true;
}

function toRecord(headers: RequestInit['headers']): Record<string, string> {
  return Object.fromEntries(new Headers(headers));
}
