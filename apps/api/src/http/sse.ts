import type { ServerResponse } from 'node:http';
import { getTRPCErrorFromUnknown, type TRPCError } from '@trpc/server';
import type { FastifyReply } from 'fastify';
import type { SequencedEvent } from '../features/live/presenter.ts';
import type { Subscribe } from '../features/live/feed.ts';
import { formatError, withReason } from '../trpc/errors.ts';
import { SSE_CLIENT_OPTIONS, SSE_PING_INTERVAL_MS } from '../trpc/init.ts';

/** Responses that are streams of server-sent events, in the wire format of tRPC. */
export interface EventStreams {
  /** Streams events until either side ends the stream, or responds with one error. */
  open: (reply: FastifyReply, events: Subscribe | TRPCError, handlers: StreamHandlers) => void;
  /** Ends all streams, also those that open later. The clients reconnect and resume. */
  endAll: () => void;
}

export interface StreamHandlers {
  onError: (error: TRPCError) => void;
  /** Responds to an error before the stream has started. By default the stream carries the error. */
  refuse?: ((error: TRPCError) => void) | undefined;
}

interface EventStream {
  raw: ServerResponse;
  endsAt: number;
  close: () => void;
}

/** Ends old streams, so that clients spread over new processes. */
const MAX_AGE_MS = 10 * 60_000;
/** Random time added to the age, so that streams opened together do not end together. */
const AGE_JITTER_MS = 5 * 60_000;
/** Disconnect a client with more unread bytes than this. It resumes after the last event it read. */
const MAX_UNREAD_BYTES = 1024 * 1024;
/** Each tick pings one group, so that ten thousand pings do not block the event loop. */
const PING_GROUPS = 10;

const CONNECTED = toFrame({ event: 'connected', data: JSON.stringify(SSE_CLIENT_OPTIONS) });
const PING = toFrame({ event: 'ping', data: '' });
const RETURN = toFrame({ event: 'return', data: '' });

export function createEventStreams(): EventStreams {
  const groups = Array.from({ length: PING_GROUPS }, () => new Set<EventStream>());
  let opened = 0;
  let ticks = 0;
  let isEnding = false;
  const timer = setInterval(() => {
    const now = performance.now();
    for (const { raw, endsAt, close } of groupOf(ticks++)) {
      if (now < endsAt) write(raw, PING);
      else close();
    }
  }, SSE_PING_INTERVAL_MS / PING_GROUPS).unref();
  const groupOf = (n: number) => groups[n % PING_GROUPS] ?? new Set();

  return {
    open(reply, events, { onError, refuse }) {
      const { raw } = reply;
      // The response of a pipelined request may never get its socket, nor emit 'close'.
      const { socket } = reply.request.raw;
      if (socket.destroyed) return void reply.hijack();
      let isStarted = false;
      const start = () => {
        if (isStarted) return;
        isStarted = true;
        reply.hijack();
        startResponse(reply);
        // An earlier response on this connection has set its write timeout.
        const resetTimeout = () => socket.setTimeout(reply.server.server.timeout);
        if (raw.socket === socket) resetTimeout();
        else raw.once('socket', resetTimeout);
      };

      const group = groupOf(opened++);
      let unsubscribe = () => {};
      const stream: EventStream = {
        raw,
        endsAt: performance.now() + MAX_AGE_MS + Math.random() * AGE_JITTER_MS,
        close() {
          if (!group.delete(stream)) return;
          socket.off('close', stream.close);
          unsubscribe();
          if (isStarted) raw.end();
        },
      };
      const end = (reason: unknown) => {
        const error =
          reason === undefined ? undefined : withReason(getTRPCErrorFromUnknown(reason));
        if (error !== undefined) onError(error);
        if (error !== undefined && !isStarted && refuse !== undefined) {
          stream.close();
          return refuse(error);
        }
        start();
        write(raw, error === undefined ? RETURN : toErrorFrame(error, reply.request.id));
        stream.close();
      };
      group.add(stream);
      socket.once('close', stream.close);
      if (isEnding) {
        start();
        return stream.close();
      }
      if (typeof events !== 'function') return end(events);
      try {
        unsubscribe = events({
          push(pushed) {
            start();
            for (const event of pushed) write(raw, toEventFrame(event));
          },
          end,
        });
        start();
      } catch (error) {
        end(error);
      }
    },
    endAll() {
      isEnding = true;
      clearInterval(timer);
      for (const group of groups) for (const { close } of group) close();
    },
  };
}

/**
 * Writes the head without chunked encoding, so that a frame has the same bytes for every client. The
 * body ends with the connection.
 */
function startResponse(reply: FastifyReply): void {
  const { raw } = reply;
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) raw.setHeader(name, value);
  }
  raw.removeHeader('transfer-encoding');
  raw.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
    connection: 'close',
  });
  raw.write(CONNECTED);
}

function write(raw: ServerResponse, frame: Buffer): void {
  if (raw.destroyed || raw.writableEnded) return;
  if (raw.writableLength > MAX_UNREAD_BYTES) raw.destroy();
  else raw.write(frame);
}

/** Events that many subscribers share are serialised once. */
const frames = new WeakMap<SequencedEvent, Buffer>();

function toEventFrame(sequenced: SequencedEvent): Buffer {
  const known = frames.get(sequenced);
  if (known !== undefined) return known;
  const { sequence, event } = sequenced;
  const frame = toFrame({ data: JSON.stringify(event), id: String(sequence) });
  frames.set(sequenced, frame);
  return frame;
}

function toErrorFrame(error: TRPCError, requestId: string): Buffer {
  const data = JSON.stringify(formatError(error, requestId));
  return toFrame({ event: 'serialized-error', data });
}

/**
 * Encodes an event as `sseStreamProducer` of @trpc/server does:
 * https://html.spec.whatwg.org/multipage/server-sent-events.html, with its fields in this order.
 */
function toFrame({ event, data, id }: { event?: string; data: string; id?: string }): Buffer {
  const lines = [
    ...(event === undefined ? [] : [`event: ${event}\n`]),
    `data: ${data}\n`,
    ...(id === undefined ? [] : [`id: ${id}\n`]),
  ];
  return Buffer.from(`${lines.join('')}\n\n`);
}
