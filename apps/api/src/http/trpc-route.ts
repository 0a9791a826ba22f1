import type { Socket } from 'node:net';
import {
  type AnyProcedure,
  type AnyRouter,
  TRPCError,
  callTRPCProcedure,
  getTRPCErrorFromUnknown,
} from '@trpc/server';
import { resolveResponse } from '@trpc/server/http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type AppContext, createContext } from '../context.ts';
import { DomainError, unavailable } from '../errors.ts';
import { SessionEvents } from '../features/live/session-events.ts';
import type { Subscribe } from '../features/live/subscription.ts';
import { appRouter } from '../router.ts';
import { formatError, toTRPCError } from '../trpc/errors.ts';
import { logError, sendError } from './errors.ts';
import { mediaType, addJsonParser } from './json-parser.ts';
import { createEventStreams } from './sse.ts';

const MAX_BATCH_SIZE = 10;

interface TRPCRoute {
  Params: { path: string };
  Querystring: { batch?: unknown; input?: unknown; lastEventId?: unknown };
}

// As any router: its own type has the procedures in a tree.
const router: AnyRouter = appRouter;
const subscriptions = new Set(
  Object.entries<AnyProcedure>(router._def.procedures)
    .filter(([, { _def }]) => _def.type === 'subscription')
    .map(([path]) => path),
);

/**
 * Serves the router under `/trpc`. What must not reach a procedure is refused before its body is
 * read: anything but JSON (a multipart POST needs no CORS preflight), and batches over ten calls.
 */
export async function registerTrpcRoute(app: FastifyInstance, context: AppContext): Promise<void> {
  const streams = createEventStreams();
  let opening = 0;
  const streaming = new WeakSet<Socket>();
  app.addHook('preClose', async () => streams.endAll());
  await app.register(async (scope) => {
    // tRPC parses the body itself.
    addJsonParser(scope, (text) => text);
    scope.route<TRPCRoute>({
      method: ['GET', 'POST'],
      url: '/trpc/:path',
      onRequest: (req, res, done) => {
        const code = refusal(req);
        if (code === undefined) return done();
        sendError(new TRPCError({ code }), req, res);
      },
      handler: async (req, res) => {
        if (isSubscription(req)) return await openStream(req, res);
        const response = await resolveResponse({
          req: toRequest(req),
          path: req.params.path,
          router: appRouter,
          error: null,
          maxBatchSize: MAX_BATCH_SIZE,
          createContext: async () => createContext(context, req),
          onError: ({ error, path }) => {
            logError(req, error, path);
            if (reachedNoProcedure(error, path)) context.metrics.calls.refuse('INVALID_INPUT');
          },
          responseMeta: ({ errors }) => retryAfter(errors),
        });
        // What the answer varies by, CORS has said.
        const { vary: _, ...headers } = Object.fromEntries(response.headers);
        res.code(response.status).headers(headers);
        // As text it goes out in one piece with its length; as a stream it would take three.
        return response.text();
      },
    });
  });

  async function openStream(req: FastifyRequest<TRPCRoute>, res: FastifyReply): Promise<void> {
    if (context.live.count() + opening >= context.maxListeners) {
      return sendError(toTRPCError(unavailable()), req, res);
    }
    const { path } = req.params;
    const { socket } = req.raw;
    // A stream is the last response of its connection: nothing behind it is ever sent.
    if (streaming.has(socket)) return void res.hijack();
    streaming.add(socket);
    const disconnected = new AbortController();
    const abort = () => disconnected.abort();
    socket.once('close', abort);
    opening += 1;
    const opened = authorizeStream(context, req, disconnected.signal);
    const events = await opened.catch(getTRPCErrorFromUnknown);
    opening -= 1;
    socket.off('close', abort);
    streams.open(res, events, (error) => logError(req, error, path));
  }
}

/** Streams bypass tRPC's handler, which makes a web stream, an encoder and a timer for each listener. */
function isSubscription({ method, params, query }: FastifyRequest<TRPCRoute>): boolean {
  return method === 'GET' && subscriptions.has(params.path) && query.batch !== '1';
}

async function authorizeStream(
  context: AppContext,
  req: FastifyRequest<TRPCRoute>,
  signal: AbortSignal,
): Promise<Subscribe> {
  const events: unknown = await callTRPCProcedure({
    router: appRouter,
    path: req.params.path,
    type: 'subscription',
    ctx: createContext(context, req),
    getRawInput: async () => subscriptionInput(req),
    signal,
    batchIndex: 0,
  });
  if (events instanceof SessionEvents) return events.source;
  throw new Error(`${req.params.path} does not return SessionEvents`);
}

/** Reads the input as tRPC does: the id of the last event is in a header or a parameter. */
function subscriptionInput({ query, headers }: FastifyRequest<TRPCRoute>): unknown {
  const lastEventId = headers['last-event-id'] ?? query.lastEventId;
  const input: unknown = parseInput(query.input);
  if (lastEventId === undefined || lastEventId === '') return input;
  return typeof input === 'object' ? { ...input, lastEventId } : (input ?? { lastEventId });
}

function parseInput(text: unknown): unknown {
  if (typeof text !== 'string' || text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TRPCError({ code: 'BAD_REQUEST', cause });
  }
}

function refusal(request: FastifyRequest<TRPCRoute>): TRPCError['code'] | undefined {
  const type = mediaType(request);
  const isJson = type === 'application/json';
  if (!isJson && (type !== undefined || request.method === 'POST')) {
    return 'UNSUPPORTED_MEDIA_TYPE';
  }
  return request.params.path.split(',').length > MAX_BATCH_SIZE ? 'BAD_REQUEST' : undefined;
}

/** What a procedure refused, it has measured itself. */
function reachedNoProcedure(error: TRPCError, path: string | undefined): boolean {
  const isRouting = error.code === 'NOT_FOUND' || error.code === 'METHOD_NOT_SUPPORTED';
  return path === undefined || (isRouting && !(error.cause instanceof DomainError));
}

function retryAfter(errors: readonly TRPCError[]): { headers?: Record<string, string> } {
  const seconds = errors.map((error) => formatError(error, '').data.retryAfterSeconds ?? 0);
  const longest = Math.max(0, ...seconds);
  return longest > 0 ? { headers: { 'retry-after': String(longest) } } : {};
}

/** A request whose body has been read. As a stream, it would be read in pieces once more. */
class ReadRequest extends Request {
  override readonly text: () => Promise<string>;

  constructor(url: string, init: RequestInit, text: string) {
    super(url, init);
    this.text = async () => text;
  }
}

/** Of a request, what tRPC looks at. To copy every header would take as long as to startServer it. */
function toRequest(request: FastifyRequest): Request {
  const { method, url, body, headers } = request;
  const { 'content-type': type = 'application/json', accept = '*/*' } = headers;
  const text = typeof body === 'string' ? body : '';
  return new ReadRequest(
    `http://localhost${url}`,
    { method, headers: { 'content-type': type, accept } },
    text,
  );
}
