import { TRPCError } from '@trpc/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorShape } from '../trpc/error-shape.ts';
import { mayBeLong } from './long-body.ts';
import { isRest, toRestError } from './rest/error-body.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

/** The refusals that HTTP makes before tRPC is asked, in tRPC's terms. */
const CODES: Record<number, TRPCError['code']> = {
  404: 'NOT_FOUND',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
};

/** On every answer: under what name it was logged, and what nobody is to do with it. */
export function identify(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers(SECURITY_HEADERS).header('x-request-id', request.id);
}

/** Answers what was thrown outside of a procedure, in the form that its callers understand. */
export function answerError(
  cause: Error & { statusCode?: number },
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  // A malformed URL comes here past all hooks.
  identify(request, reply);
  const { statusCode = 500 } = cause;
  if (statusCode >= 500) request.log.error({ err: cause }, 'request failed');
  const code = CODES[statusCode] ?? (statusCode < 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR');
  sendError(new TRPCError({ code }), request, reply);
}

export function answerNotFound(request: FastifyRequest, reply: FastifyReply): void {
  sendError(new TRPCError({ code: 'NOT_FOUND' }), request, reply);
}

export function sendError(error: TRPCError, request: FastifyRequest, reply: FastifyReply): void {
  const shape = errorShape(error, request.id);
  const { httpStatus, retryAfterSeconds } = shape.data;
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
  if (mayBeLong(request.headers)) reply.header('connection', 'close');
  void reply.code(httpStatus).send(isRest(request) ? toRestError(shape) : { error: shape });
}
