import { TRPCError } from '@trpc/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { procedures } from '../router.ts';
import {
  type ErrorData,
  type ErrorShape,
  formatError,
  malformedRequest,
  reasonOf,
} from '../trpc/errors.ts';
import { NOT_UTF8, mayExceedBodyLimit } from './json-parser.ts';
import { recordReason } from './request-log.ts';
import { setCommonHeaders } from './security-headers.ts';

const CODES: Record<number, TRPCError['code']> = {
  404: 'NOT_FOUND',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
};

/** Messages for errors of Fastify and of the JSON parser, by their code. */
const MESSAGES: Record<string, string> = {
  FST_ERR_CTP_INVALID_JSON_BODY:
    'The body is not valid JSON, or has a forbidden key such as __proto__',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'The body has another length than the Content-Length says',
  FST_ERR_BAD_URL: 'The path has a malformed escape; encode it with encodeURIComponent',
  [NOT_UTF8]: 'The body is not valid UTF-8',
};

/** Responds to an error that was thrown outside of a procedure. */
export function handleError(
  cause: Error & { statusCode?: number; code?: string },
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  // Fastify runs no hooks for a malformed URL.
  setCommonHeaders(request, reply);
  const { statusCode = 500 } = cause;
  if (statusCode >= 500) request.log.error({ err: cause }, 'request failed');
  const message = MESSAGES[cause.code ?? ''];
  if (message !== undefined) return sendError(malformedRequest(message), request, reply);
  const code = CODES[statusCode] ?? (statusCode < 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR');
  sendError(new TRPCError({ code }), request, reply);
}

const MISPLACED_CALL = 'No route has this path; end the URL of the tRPC client with /trpc';

export function handleNotFound(request: FastifyRequest, reply: FastifyReply): void {
  const error = isMisplacedCall(request.url)
    ? malformedRequest(MISPLACED_CALL, 'NOT_FOUND')
    : new TRPCError({ code: 'NOT_FOUND' });
  sendError(error, request, reply);
}

/** Whether the path of a tRPC client, which ends with names of procedures, is not below `/trpc`. */
function isMisplacedCall(url: string): boolean {
  const [path = ''] = url.split('?', 1);
  if (path.startsWith('/trpc/')) return false;
  const names = path.slice(path.lastIndexOf('/') + 1).split(',');
  return names.every((name) => procedures.has(name));
}

/** @param httpStatus overrides the status of the tRPC code */
export function sendError(
  error: TRPCError,
  request: FastifyRequest,
  reply: FastifyReply,
  httpStatus?: number,
): void {
  const shape = formatError(error, request.id, httpStatus);
  const { httpStatus: status, reason, retryAfterSeconds } = shape.data;
  recordReason(request, reason);
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
  if (mayExceedBodyLimit(request.headers)) reply.header('connection', 'close');
  void reply.code(status).send(renderError(shape, request.url));
}

/** Returns the body of an error response: in the form of trpc-to-openapi under `/api`, else of tRPC. */
export function renderError(shape: ErrorShape, url: string): RestError | { error: ErrorShape } {
  return isRest(url) ? toRestError(shape) : { error: shape };
}

export function isRest(url: string): boolean {
  return url.startsWith('/api/');
}

export interface RestError {
  message: string;
  code: TRPCError['code'];
  data: ErrorData;
}

export function toRestError({ message, data }: ErrorShape): RestError {
  return { message, code: data.code, data };
}

/**
 * Records the reason of an error for the log line of the request, and logs a cause that the response does
 * not explain: a defect or a database error.
 */
export function logError(
  request: FastifyRequest,
  error: TRPCError,
  procedure: string | undefined,
): void {
  const reason = reasonOf(error);
  recordReason(request, reason);
  const err = error.cause ?? error;
  if (reason === 'INTERNAL') request.log.error({ err, procedure }, 'call failed');
  if (reason === 'UNAVAILABLE') request.log.warn({ err, procedure }, 'call refused as unavailable');
}
