import { TRPCError } from '@trpc/server';
import { resolveResponse } from '@trpc/server/http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DomainError } from '../domain-error.ts';
import { appRouter } from '../router.ts';
import { createContext, type Dependencies } from '../trpc/context.ts';
import { errorShape } from '../trpc/error-shape.ts';
import { sendError } from './errors.ts';
import { takeJson } from './json-body.ts';
import { logError } from './log-error.ts';
import { mediaType } from './media-type.ts';
import { createStreams } from './streams.ts';

const MAX_BATCH_SIZE = 10;

/**
 * Serves the router under `/trpc`. What must not reach a procedure is refused before its body is
 * read: anything but JSON (a multipart POST needs no leave from CORS), and batches over ten calls.
 */
export async function useTRPC(app: FastifyInstance, deps: Dependencies): Promise<void> {
  const streams = createStreams();
  app.addHook('preClose', async () => streams.cutAll());
  await app.register(async (scope) => {
    // tRPC parses for itself what has passed.
    takeJson(scope, (text) => text);
    scope.route<{ Params: { path: string } }>({
      method: ['GET', 'POST'],
      url: '/trpc/:path',
      onRequest: (req, res, done) => {
        const code = refusal(req);
        if (code === undefined) return done();
        sendError(new TRPCError({ code }), req, res);
      },
      handler: async (req, res) => {
        const response = await resolveResponse({
          req: toRequest(req),
          path: req.params.path,
          router: appRouter,
          error: null,
          maxBatchSize: MAX_BATCH_SIZE,
          createContext: async () => createContext(deps, req),
          onError: ({ error, path }) => {
            logError(req, error, path);
            if (reachedNoProcedure(error, path)) deps.metrics.calls.refuse('INVALID_INPUT');
          },
          responseMeta: ({ errors }) => retryAfter(errors),
        });
        if (response.headers.get('content-type')?.startsWith('text/event-stream') === true) {
          return streams.send(response, res);
        }
        // What the answer varies by, CORS has said.
        const { vary: _, ...headers } = Object.fromEntries(response.headers);
        res.code(response.status).headers(headers);
        // As text it goes out in one piece with its length; as a stream it would take three.
        return response.text();
      },
    });
  });
}

function refusal(
  request: FastifyRequest<{ Params: { path: string } }>,
): TRPCError['code'] | undefined {
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
  const seconds = errors.map((error) => errorShape(error, '').data.retryAfterSeconds ?? 0);
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

/** Of a request, what tRPC looks at. To copy every header would take as long as to serve it. */
function toRequest(request: FastifyRequest): Request {
  const { method, url, body, headers } = request;
  const { 'content-type': type = 'application/json', accept = '*/*' } = headers;
  const lastEventId = headers['last-event-id'];
  const read = {
    'content-type': type,
    accept,
    ...(typeof lastEventId === 'string' && { 'last-event-id': lastEventId }),
  };
  const text = typeof body === 'string' ? body : '';
  return new ReadRequest(`http://localhost${url}`, { method, headers: read }, text);
}
