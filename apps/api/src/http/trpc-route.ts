import { TRPCError } from '@trpc/server';
import { resolveResponse } from '@trpc/server/http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type AppContext, createContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import { appRouter, procedures } from '../router.ts';
import { formatError, malformedRequest } from '../trpc/errors.ts';
import {
  type TRPCRoute,
  callProcedures,
  parseJson,
  parsePlainCalls,
  queryOf,
} from './call-procedures.ts';
import { logError, sendError } from './errors.ts';
import { mediaType, addJsonParser } from './json-parser.ts';
import type { OpenStream } from './live-streams.ts';

const MAX_BATCH_SIZE = 10;

type TRPCRequest = FastifyRequest<TRPCRoute>;

/**
 * Serves the router under `/trpc`. Refuses before reading the body: anything but JSON (a multipart
 * POST needs no CORS preflight), and batches of more than ten calls.
 */
export async function registerTrpcRoute(
  app: FastifyInstance,
  context: AppContext,
  openStream: OpenStream,
): Promise<void> {
  await app.register(async (scope) => {
    addJsonParser(scope, (text, value) => ({ text, value }));
    scope.route<TRPCRoute>({
      method: ['GET', 'POST'],
      url: '/trpc/:path',
      onRequest: (req, res, done) => {
        const refusal = findRefusal(req);
        if (refusal === undefined) return done();
        sendError(refusal, req, res);
      },
      handler: async (req, res) => {
        if (isSubscription(req)) {
          const { path: procedure } = req.params;
          return await openStream(req, res, { procedure, readInput: () => subscriptionInput(req) });
        }
        const calls = parsePlainCalls(req);
        if (calls === undefined) return await resolve(req, res);
        const onError = (error: TRPCError, path: string) => logError(req, error, path);
        const response = await callProcedures(calls, createContext(context, req), onError);
        setRetryAfter(res, response.errors);
        void res.code(response.status).header('content-type', 'application/json');
        return response.text;
      },
    });
  });

  /** Lets tRPC handle batch streams, malformed calls and unknown procedures. */
  async function resolve(req: TRPCRequest, res: FastifyReply): Promise<unknown> {
    const response = await resolveResponse({
      req: toFetchRequest(req),
      // Fastify has decoded the path, and tRPC decodes it again.
      path: encodeURIComponent(req.params.path),
      router: appRouter,
      error: null,
      maxBatchSize: MAX_BATCH_SIZE,
      createContext: async () => createContext(context, req),
      onError: ({ error, path }) => {
        logError(req, error, path);
        if (reachedNoProcedure(error, path)) context.metrics.calls.refuse('INVALID_INPUT');
      },
      responseMeta: ({ errors }) => {
        setRetryAfter(res, errors);
        return {};
      },
    });
    // The CORS plugin sets `vary`.
    const { vary: _, ...headers } = Object.fromEntries(response.headers);
    res.code(response.status).headers(headers);
    // A batch stream is passed on as a stream; anything else as text, so that it has a length.
    return headers['transfer-encoding'] === undefined ? await response.text() : response.body;
  }
}

function isSubscription(req: TRPCRequest): boolean {
  const type = procedures.get(req.params.path)?._def.type;
  return req.method === 'GET' && type === 'subscription' && queryOf(req).get('batch') !== '1';
}

/** Reads the input as tRPC does, with the id of the last event from a header or a parameter. */
function subscriptionInput({ query, headers }: TRPCRequest): unknown {
  const lastEventId = headers['last-event-id'] ?? query.lastEventId;
  const input = parseJson(query.input);
  if (lastEventId === undefined || lastEventId === '') return input;
  return typeof input === 'object' ? { ...input, lastEventId } : (input ?? { lastEventId });
}

const FRAGMENT = 'The URL has a fragment; send it without "#"';
const BATCH_TOO_LARGE = `A batch has at most ${MAX_BATCH_SIZE} calls; set maxItems: ${MAX_BATCH_SIZE} on httpBatchLink or httpBatchStreamLink`;

function findRefusal(request: TRPCRequest): TRPCError | undefined {
  const type = mediaType(request);
  const isJson = type === 'application/json';
  if (!isJson && (type !== undefined || request.method === 'POST')) {
    return new TRPCError({ code: 'UNSUPPORTED_MEDIA_TYPE' });
  }
  // A request target has no fragment (RFC 9112, section 3.2); URL parsers would disagree about it.
  if (request.url.includes('#')) return malformedRequest(FRAGMENT);
  const size = request.params.path.split(',').length;
  return size > MAX_BATCH_SIZE ? malformedRequest(BATCH_TOO_LARGE) : undefined;
}

/** Procedures record their own errors in the metrics. */
function reachedNoProcedure(error: TRPCError, path: string | undefined): boolean {
  const isRouting = error.code === 'NOT_FOUND' || error.code === 'METHOD_NOT_SUPPORTED';
  return path === undefined || (isRouting && !(error.cause instanceof DomainError));
}

/** Sets `Retry-After` to the longest `retryAfterSeconds` of the errors. */
function setRetryAfter(res: FastifyReply, errors: readonly TRPCError[]): void {
  const seconds = errors.map((error) => formatError(error, '').data.retryAfterSeconds ?? 0);
  const longest = Math.max(0, ...seconds);
  if (longest > 0) res.header('retry-after', String(longest));
}

/** A request with a body that Fastify has read. */
class ParsedRequest extends Request {
  override readonly text: () => Promise<string>;

  constructor(url: string, init: RequestInit, text: string) {
    super(url, init);
    this.text = async () => text;
  }
}

/** Copies the headers that tRPC reads: copying all would take as long as a call. */
function toFetchRequest({ method, url, body, headers }: TRPCRequest): Request {
  const { 'content-type': type = 'application/json', accept = '*/*' } = headers;
  const trpcAccept = headers['trpc-accept'];
  return new ParsedRequest(
    `http://localhost${url}`,
    {
      method,
      headers: {
        'content-type': type,
        accept,
        ...(typeof trpcAccept === 'string' && { 'trpc-accept': trpcAccept }),
      },
    },
    body?.text ?? '',
  );
}
