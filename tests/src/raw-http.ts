import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A request that is written byte by byte, as fetch would not let it be. */
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
  /** Up to the empty line, which is included. */
  head: string;
  body: string;
}

/** All of it, as it is written at once. */
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

/** The request of a live stream. */
export function streamRequest(code: string, token: string): RawRequest {
  const input = encodeURIComponent(JSON.stringify({ code }));
  return {
    method: 'GET',
    path: `/trpc/sessions.events?input=${input}`,
    token,
    headers: { accept: 'text/event-stream' },
  };
}

/** A connection to the server, and what has come over it. */
export interface RawConnection extends Disposable {
  socket: Socket;
  received: () => string;
  /** Resolves when it is handed to the kernel, or lost. */
  write: (text: string) => Promise<void>;
  /** Waits for that text, or for the end of the connection; says whether it was the text. */
  until: (text: string | ((received: string) => boolean)) => Promise<boolean>;
  /** Resolves when it is closed, by whichever side. */
  closed: Promise<void>;
  /** Closes it, with a reset or with an orderly end; says whether it was still open. */
  disconnect: (how: Disconnection) => Promise<boolean>;
}

export type Disconnection = 'reset' | 'destroy';

/**
 * Connects to the server at that URL.
 *
 * @param reads whether it ever takes what the server sends
 */
export async function openConnection(url: string, reads = true): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  if (!reads) socket.pause();
  await once(socket, 'connect');
  let received = '';
  let wake = Promise.withResolvers<void>();
  const changed = () => {
    wake.resolve();
    wake = Promise.withResolvers();
  };
  socket.setNoDelay();
  socket.setEncoding('utf8');
  if (reads) {
    socket.on('data', (text: string) => {
      received += text;
      changed();
    });
  }
  // 'close' follows.
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      changed();
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
        await wake.promise;
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

/** An answer whose length stands in its head. */
export interface RawAnswer {
  status: number;
  retryAfter: string | undefined;
  body: string;
}

/** The complete answers at the start of what has come, in ASCII. */
export function parseAnswers(received: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = received;
  for (;;) {
    const [head = '', length = ''] =
      /^HTTP[^]*?content-length: (\d+)\r\n[^]*?\r\n\r\n/i.exec(rest) ?? [];
    const end = head.length + Number(length);
    if (head === '' || rest.length < end) return answers;
    answers.push({
      status: Number(head.split(' ', 2)[1]),
      retryAfter: /^retry-after: (.*)\r$/im.exec(head)?.[1],
      body: rest.slice(head.length, end),
    });
    rest = rest.slice(end);
  }
}
