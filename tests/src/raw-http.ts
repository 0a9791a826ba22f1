import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A request whose bytes the test controls. */
export interface RawRequest {
  method: string;
  /** With the query. */
  path: string;
  token?: string;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
}

export interface RequestBytes {
  /** Includes the empty line at its end. */
  head: string;
  body: string;
}

export function toText(request: RawRequest): string {
  const { head, body } = toBytes(request);
  return head + body;
}

export function toBytes({ method, path, token, headers, body }: RawRequest): RequestBytes {
  const text = body === undefined ? '' : JSON.stringify(body);
  const all = {
    host: 'classroom',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(body !== undefined && {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(text)),
    }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return { head: `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, body: text };
}

export function streamRequest(code: string, token: string): RawRequest {
  const input = encodeURIComponent(JSON.stringify({ code }));
  return {
    method: 'GET',
    path: `/trpc/sessions.events?input=${input}`,
    token,
    headers: { accept: 'text/event-stream' },
  };
}

export type Disconnection = 'reset' | 'destroy';

export interface RawConnection extends Disposable {
  socket: Socket;
  /** Everything received so far. */
  received: () => string;
  /** Resolves when the kernel has taken the text, or the connection is lost. */
  write: (text: string) => Promise<void>;
  /** Waits for a text or for the end of the connection; false when the text did not arrive. */
  until: (text: string | ((received: string) => boolean)) => Promise<boolean>;
  /** Resolves when either side has closed the connection. */
  closed: Promise<void>;
  /** Closes the connection; false when the server had closed it first. */
  disconnect: (how: Disconnection) => Promise<boolean>;
}

/** @param reads false for a client that never reads */
export async function openConnection(url: string, reads = true): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  if (!reads) socket.pause();
  await once(socket, 'connect');
  let received = '';
  let progress = Promise.withResolvers<void>();
  const notify = () => {
    progress.resolve();
    progress = Promise.withResolvers();
  };
  socket.setNoDelay();
  socket.setEncoding('utf8');
  if (reads) {
    socket.on('data', (text: string) => {
      received += text;
      notify();
    });
  }
  // 'close' follows.
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      notify();
      resolve();
    });
  });
  return {
    socket,
    received: () => received,
    write: (text) => new Promise((resolve) => socket.write(text, () => resolve())),
    async until(text) {
      const has = () => (typeof text === 'string' ? received.includes(text) : text(received));
      while (!has()) {
        if (socket.destroyed) return false;
        await progress.promise;
      }
      return true;
    },
    closed,
    async disconnect(how) {
      const wasOpen = !socket.destroyed;
      if (how === 'reset') socket.resetAndDestroy();
      else socket.destroy();
      await closed;
      return wasOpen;
    },
    [Symbol.dispose]: () => socket.destroy(),
  };
}

export interface RawListener extends RawConnection {
  /** The status of the response. */
  status: number;
}

/** Opens a live stream over its own connection, and waits for the head of the response. */
export async function openListener(
  url: string,
  code: string,
  token: string,
  headers?: Record<string, string>,
): Promise<RawListener> {
  return await openStream(url, { ...streamRequest(code, token), ...(headers && { headers }) });
}

async function openStream(url: string, request: RawRequest): Promise<RawListener> {
  const connection = await openConnection(url);
  await connection.write(toText(request));
  await connection.until('\r\n\r\n');
  const [, status] = connection.received().split(' ', 2);
  return { ...connection, status: Number(status) };
}

/** Opens a live stream, and tries again while a busy server refuses it. */
export async function openServedListener(
  ...given: Parameters<typeof openListener>
): Promise<RawListener> {
  return await untilServed(() => openListener(...given));
}

/** Opens a live stream of any route, and tries again while a busy server refuses it. */
export async function openServedStream(url: string, request: RawRequest): Promise<RawListener> {
  return await untilServed(() => openStream(url, request));
}

async function untilServed(open: () => Promise<RawListener>): Promise<RawListener> {
  const listener = await open();
  if (listener.status !== 503) return listener;
  await listener.disconnect('destroy');
  return await untilServed(open);
}

/**
 * Opens a live stream, waits for its snapshot or its error, and tries again while the server is too busy
 * to read the snapshot.
 */
export async function openDeliveringListener(
  ...given: Parameters<typeof openListener>
): Promise<RawListener> {
  const listener = await openServedListener(...given);
  await listener.until((received) => /"type":"snapshot"|event: serialized-error/.test(received));
  if (!listener.received().includes('"reason":"UNAVAILABLE"')) return listener;
  await listener.disconnect('destroy');
  return await openDeliveringListener(...given);
}

/** A response with a `content-length`. */
export interface RawResponse {
  status: number;
  retryAfter: string | undefined;
  body: string;
}

/** Parses the complete responses at the start of a text in ASCII. */
export function parseResponses(received: string): RawResponse[] {
  const responses: RawResponse[] = [];
  let rest = received;
  for (;;) {
    const [head = '', length = ''] =
      /^HTTP[^]*?content-length: (\d+)\r\n[^]*?\r\n\r\n/i.exec(rest) ?? [];
    const end = head.length + Number(length);
    if (head === '' || rest.length < end) return responses;
    responses.push({
      status: Number(head.split(' ', 2)[1]),
      retryAfter: /^retry-after: (.*)\r$/im.exec(head)?.[1],
      body: rest.slice(head.length, end),
    });
    rest = rest.slice(end);
  }
}

/** Sends text over its own connection, and returns everything that the server sends until it closes. */
export async function exchange(url: string, text: string): Promise<string> {
  using connection = await openConnection(url);
  await connection.write(text);
  await connection.closed;
  return connection.received();
}

/** Exchanges text, and again while a busy server refuses it. */
export async function exchangeServed(url: string, text: string): Promise<string> {
  const received = await exchange(url, text);
  return received.startsWith('HTTP/1.1 503 ') ? await exchangeServed(url, text) : received;
}

/** Sends one request without retries, and returns its outcome: `200`, or `503 UNAVAILABLE`. */
export async function outcomeOf(url: string, request: RawRequest): Promise<string> {
  const headers = { ...request.headers, connection: 'close' };
  const [response] = parseResponses(await exchange(url, toText({ ...request, headers })));
  if (response === undefined) return 'no response';
  return [response.status, ...reasonsIn(response)].join(' ');
}

/** The distinct reasons in a response, in alphabetical order. */
export function reasonsIn({ body }: RawResponse): string[] {
  const reasons = [...body.matchAll(/"reason":"(\w+)"/g)].map(([, reason = '']) => reason);
  return [...new Set(reasons)].toSorted((a, b) => a.localeCompare(b));
}
