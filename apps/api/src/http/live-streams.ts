import type { Socket } from 'node:net';
import { type TRPCError, callTRPCProcedure, getTRPCErrorFromUnknown } from '@trpc/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type AppContext, createContext } from '../context.ts';
import { unavailable } from '../errors.ts';
import type { Subscribe } from '../features/live/feed.ts';
import { SessionEvents } from '../features/live/session-events.ts';
import { appRouter } from '../router.ts';
import { toTRPCError } from '../trpc/errors.ts';
import { logError, sendError } from './errors.ts';
import { logRequest } from './request-log.ts';
import { createEventStreams } from './sse.ts';

/** The call of a subscription. */
export interface StreamCall {
  /** The path of the procedure. */
  procedure: string;
  readInput: () => unknown;
  /** Responds to a refusal. By default the stream carries it, as streams of tRPC do. */
  refuse?: (error: TRPCError) => void;
}

/** Opens a live stream as the response to a request. */
export type OpenStream = (
  request: FastifyRequest,
  reply: FastifyReply,
  call: StreamCall,
) => Promise<void>;

/**
 * Lets routes respond with live streams, all below the same limits. Streams bypass tRPC's handler, which
 * creates a web stream, an encoder and a timer per subscriber.
 */
export function registerLiveStreams(app: FastifyInstance, context: AppContext): OpenStream {
  const streams = createEventStreams();
  let opening = 0;
  const streaming = new WeakSet<Socket>();
  app.addHook('preClose', async () => streams.endAll());

  return async (request, reply, call) => {
    if (context.live.count() + opening >= context.maxListeners) {
      return sendError(toTRPCError(unavailable()), request, reply);
    }
    const { socket } = request.raw;
    // A stream is the last response of its connection: a second one would never be sent.
    if (streaming.has(socket)) return void reply.hijack();
    streaming.add(socket);
    // A client that disconnects leaves the response unfinished, and Fastify runs no onResponse hook.
    socket.once('close', () => {
      if (reply.raw.headersSent) logRequest(request, reply);
    });
    const disconnected = new AbortController();
    const abort = () => disconnected.abort();
    socket.once('close', abort);
    opening += 1;
    const opened = authorizeStream(context, request, call, disconnected.signal);
    const events = await opened.catch(getTRPCErrorFromUnknown);
    opening -= 1;
    socket.off('close', abort);
    const onError = (error: TRPCError) => logError(request, error, call.procedure);
    streams.open(reply, events, { onError, refuse: call.refuse });
  };
}

async function authorizeStream(
  context: AppContext,
  request: FastifyRequest,
  { procedure, readInput }: StreamCall,
  signal: AbortSignal,
): Promise<Subscribe> {
  const events: unknown = await callTRPCProcedure({
    router: appRouter,
    path: procedure,
    type: 'subscription',
    ctx: createContext(context, request),
    getRawInput: async () => readInput(),
    signal,
    batchIndex: 0,
  });
  if (events instanceof SessionEvents) return events.source;
  throw new Error(`${procedure} does not return SessionEvents`);
}
