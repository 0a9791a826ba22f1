import { isUnavailable } from '@classroom/db';
import type { ErrorDetails, ErrorReason } from '@classroom/schema';
import { TRPCError } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import { z } from 'zod';
import { DomainError, unavailable } from '../errors.ts';
import { toFieldErrors } from './field-errors.ts';

export interface ErrorData extends ErrorDetails {
  code: TRPCError['code'];
  httpStatus: number;
  reason: ErrorReason;
}

export interface ErrorShape {
  message: string;
  code: (typeof TRPC_ERROR_CODES_BY_KEY)[TRPCError['code']];
  data: ErrorData;
}

/** The tRPC code of each reason, and its message for developers. */
export const REASONS = {
  INVALID_INPUT: ['BAD_REQUEST', 'Invalid input; fieldErrors lists the rule that each field broke'],
  HOST_SESSION_LIMIT: [
    'CONFLICT',
    'This host has reached the limit of open sessions; end one of them, or use another hostDisplayName',
  ],
  JOIN_CODE_EXHAUSTED: ['SERVICE_UNAVAILABLE', 'No free join code was found; try again'],
  IDEMPOTENCY_KEY_REUSED: [
    'CONFLICT',
    'This idempotency key was used with another input; send a new key',
  ],
  SESSION_NOT_FOUND: ['NOT_FOUND', 'No open session has this code; check the code'],
  SESSION_ENDED: ['CONFLICT', 'The session has ended and accepts no changes'],
  SESSION_FULL: [
    'CONFLICT',
    'The session has reached its limit of participants, questions or live streams',
  ],
  SESSION_LOCKED: ['CONFLICT', 'The host has closed joining; ask the host to open it'],
  NAME_TAKEN: ['CONFLICT', 'Another participant of this session has this name; choose another'],
  PARTICIPANT_NOT_FOUND: ['NOT_FOUND', 'No such participant in this session'],
  PAIRING_CODE_INVALID: [
    'BAD_REQUEST',
    'The pairing code is wrong, used or expired; ask the host for a new one',
  ],
  UNAUTHENTICATED: [
    'UNAUTHORIZED',
    'Missing or unknown token; send it as "Authorization: Bearer <token>"',
  ],
  FORBIDDEN: ['FORBIDDEN', 'This token may not do this'],
  MUTED: ['FORBIDDEN', 'The host has muted this participant, who cannot ask questions'],
  QUESTION_LIMIT: [
    'CONFLICT',
    'This author has reached the limit of pending questions; withdraw one or wait for an answer',
  ],
  QUESTION_NOT_FOUND: [
    'NOT_FOUND',
    'No such question in your session, or it is hidden or withdrawn',
  ],
  RATE_LIMITED: ['TOO_MANY_REQUESTS', 'Too many requests; wait retryAfterSeconds and try again'],
  UNAVAILABLE: [
    'SERVICE_UNAVAILABLE',
    'The server is overloaded, stopping or without its database; wait retryAfterSeconds and try again',
  ],
  INTERNAL: [
    'INTERNAL_SERVER_ERROR',
    'Internal server error; the server logged its cause under requestId',
  ],
} as const satisfies Record<ErrorReason, readonly [TRPCError['code'], string]>;

/** Messages for requests that are refused before a procedure runs. */
const REFUSALS: Partial<Record<TRPCError['code'], string>> = {
  BAD_REQUEST:
    'Malformed request; send only queries or only mutations in a batch, and their inputs by index',
  NOT_FOUND:
    'No route has this path and method; /docs lists them (REST under /api, tRPC under /trpc)',
  METHOD_NOT_SUPPORTED: 'Wrong method; send queries with GET and mutations with POST',
  PAYLOAD_TOO_LARGE: 'The body is larger than 16 KiB; send a smaller one',
  UNSUPPORTED_MEDIA_TYPE: 'The body is not JSON; send it with "Content-Type: application/json"',
};

const INVALID_JSON = 'The parameter "input" is not valid JSON';

/**
 * Formats an error for the client, without the error's own message: tRPC would send the text of any
 * error, SQL and parts of the request included.
 */
export function formatError(
  error: TRPCError,
  requestId: string,
  httpStatus = getHTTPStatusCodeFromError(error),
): ErrorShape {
  const reason = reasonOf(error);
  const data = { code: error.code, httpStatus, reason };
  const code = TRPC_ERROR_CODES_BY_KEY[error.code];
  if (error.cause instanceof DomainError) {
    return { message: messageOf(error.cause), code, data: { ...data, ...error.cause.details } };
  }
  if (reason === 'INVALID_INPUT') {
    const isInvalidJson = error.cause instanceof SyntaxError;
    const message = isInvalidJson ? INVALID_JSON : REFUSALS[error.code];
    return {
      message: message ?? `Malformed request (${error.code})`,
      code,
      data: { ...data, fieldErrors: {} },
    };
  }
  return { message: REASONS[reason][1], code, data: { ...data, requestId } };
}

/** Creates the error for a request that is refused before a procedure runs, with its cause as message. */
export function malformedRequest(
  publicMessage: string,
  code: TRPCError['code'] = 'BAD_REQUEST',
): TRPCError {
  const cause = new DomainError('INVALID_INPUT', { fieldErrors: {} }, { publicMessage });
  return new TRPCError({ code, message: publicMessage, cause });
}

export function reasonOf(error: TRPCError): ErrorReason {
  if (error.cause instanceof DomainError) return error.cause.reason;
  return getHTTPStatusCodeFromError(error) < 500 ? 'INVALID_INPUT' : 'INTERNAL';
}

/** Maps an error that tRPC caught to one with a reason. Returns a defect unchanged. */
export function withReason(error: TRPCError): TRPCError {
  const { cause } = error;
  if (cause instanceof DomainError) return toTRPCError(cause);
  if (isUnavailable(cause)) return toTRPCError(unavailable({ cause }));
  // A ZodError with another code is a defect: an output does not match its schema.
  if (error.code === 'BAD_REQUEST' && cause instanceof z.ZodError) {
    return toTRPCError(new DomainError('INVALID_INPUT', toFieldErrors(cause)));
  }
  return error;
}

export function toTRPCError(cause: DomainError): TRPCError {
  return new TRPCError({ code: REASONS[cause.reason][0], message: messageOf(cause), cause });
}

function messageOf({ reason, publicMessage }: DomainError): string {
  return publicMessage ?? REASONS[reason][1];
}
