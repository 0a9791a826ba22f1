import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';

/** Answers that go on: server-sent events. */
export interface Streams {
  send: (response: Response, reply: FastifyReply) => Promise<void>;
  /** Ends all of them; their clients come back by themselves, and go on from the last event. */
  cutAll: () => void;
}

/** A stream this old is cut, so that a new process gets its share of clients after a while. */
const MAX_AGE_MS = 10 * 60_000;
/** By so much the age varies, so that not all come back at once. */
const AGE_JITTER_MS = 5 * 60_000;
/** A listener who has not read for so long is gone. */
const READ_TIMEOUT_MS = 10_000;

export function createStreams(): Streams {
  const open = new Set<() => void>();
  return {
    async send({ status, headers, body }, reply) {
      if (body === null) throw new Error('A stream without a body');
      const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
      reply.hijack();
      const { raw } = reply;
      for (const [name, value] of Object.entries(reply.getHeaders())) {
        if (value !== undefined) raw.setHeader(name, value);
      }
      // What stays open after a stream would hold up the end of the process.
      raw.writeHead(status, { ...Object.fromEntries(headers), connection: 'close' });
      // tRPC is not asked to end: it would tell the client that there is nothing to come back for.
      const cut = () => {
        raw.end();
        void reader.cancel().catch(() => {});
      };
      open.add(cut);
      raw.once('close', cut);
      const age = setTimeout(cut, MAX_AGE_MS + Math.random() * AGE_JITTER_MS);
      try {
        await pump(reader, raw);
      } finally {
        clearTimeout(age);
        open.delete(cut);
        raw.off('close', cut);
        raw.end();
      }
    },
    cutAll() {
      for (const cut of open) cut();
    },
  };
}

async function pump(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  raw: ServerResponse,
): Promise<void> {
  for (;;) {
    const { done, value } = await reader.read();
    if (done || raw.writableEnded) return;
    if (raw.write(value)) continue;
    const reads = await drains(raw);
    if (!reads) {
      raw.destroy();
      await reader.cancel();
      return;
    }
  }
}

/** Whether the other side has read what was written before it is gone, and in time. */
async function drains(raw: ServerResponse): Promise<boolean> {
  const waiting = new AbortController();
  const { signal } = waiting;
  try {
    return await Promise.race([
      once(raw, 'drain', { signal }).then(() => true),
      once(raw, 'close', { signal }).then(() => false),
      sleep(READ_TIMEOUT_MS, false, { ref: false, signal }),
    ]);
  } finally {
    waiting.abort();
  }
}
