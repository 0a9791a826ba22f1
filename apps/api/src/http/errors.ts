import { errorReason } from '@classroom/schema';
import { TRPCError } from '@trpc/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type ErrorShape, formatError } from '../trpc/errors.ts';
import { mayExceedBodyLimit } from './json-parser.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

/** The refusals that HTTP makes before tRPC is asked, in tRPC's terms. */
const CODES: Record<number, TRPCError['code']> = {
  404: 'NOT_FOUND',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
};

/** On every answer: under what name it was logged, and what nobody is to do with it. */
export function setCommonHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers(SECURITY_HEADERS).header('x-request-id', request.id);
}

/** Answers what was thrown outside of a procedure, in the form that its callers understand. */
export function handleError(
  cause: Error & { statusCode?: number },
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  // A malformed URL comes here past all hooks.
  setCommonHeaders(request, reply);
  const { statusCode = 500 } = cause;
  if (statusCode >= 500) request.log.error({ err: cause }, 'request failed');
  const code = CODES[statusCode] ?? (statusCode < 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR');
  sendError(new TRPCError({ code }), request, reply);
}

export function handleNotFound(request: FastifyRequest, reply: FastifyReply): void {
  sendError(new TRPCError({ code: 'NOT_FOUND' }), request, reply);
}

export function sendError(error: TRPCError, request: FastifyRequest, reply: FastifyReply): void {
  const shape = formatError(error, request.id);
  const { httpStatus, retryAfterSeconds } = shape.data;
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
  if (mayExceedBodyLimit(request.headers)) reply.header('connection', 'close');
  void reply.code(httpStatus).send(isRest(request) ? toRestError(shape) : { error: shape });
}

/** What REST says of an error: what tRPC says of it, in the form that trpc-to-openapi gives it. */
export const errorBody = z
  .object({
    message: z.string(),
    code: z.string().meta({ description: 'The code of tRPC' }),
    data: z.object({
      reason: errorReason.meta({ description: 'What to decide by' }),
      code: z.string(),
      httpStatus: z.int(),
      fieldErrors: z
        .record(z.string(), z.array(z.string()))
        .optional()
        .meta({ description: 'What is wrong, by the name of the input field' }),
      limit: z.int().optional().meta({ description: 'How many there may be' }),
      retryAfterSeconds: z.number().optional().meta({ description: 'When to try again' }),
      requestId: z.string().optional().meta({ description: 'Under what name it was logged' }),
    }),
  })
  .meta({ id: 'Error' });
export type ErrorBody = z.infer<typeof errorBody>;

export function isRest({ url }: Pick<FastifyRequest, 'url'>): boolean {
  return url.startsWith('/api/');
}

export function toRestError({ message, data }: ErrorShape): ErrorBody {
  return { message, code: data.code, data };
}

/** Logs in full what a client is told little of: defects, and what the database refused. */
export function logError(
  request: FastifyRequest,
  error: TRPCError,
  procedure: string | undefined,
): void {
  const { reason } = formatError(error, request.id).data;
  if (reason === 'INTERNAL')
    request.log.error({ err: error.cause ?? error, procedure }, 'call failed');
  if (reason === 'UNAVAILABLE') request.log.warn({ err: error.cause, procedure }, 'call refused');
}
