import { isUnavailable } from '@classroom/db';
import type { ErrorDetails, ErrorReason } from '@classroom/schema';
import { TRPCError } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import { z } from 'zod';
import { DomainError, unavailable } from '../errors.ts';

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

/**
 * All that a client is told of an error. Nothing of the error's own text gets through: tRPC would
 * send the message of whatever was thrown, SQL and parts of the request included.
 */
export function formatError(error: TRPCError, requestId: string): ErrorShape {
  const { cause } = error;
  const httpStatus = getHTTPStatusCodeFromError(error);
  const code = TRPC_ERROR_CODES_BY_KEY[error.code];
  if (cause instanceof DomainError) {
    const { reason, details } = cause;
    const data = { code: error.code, httpStatus, reason, ...details };
    return { message: REASONS[reason][1], code, data };
  }
  // The request was refused before a procedure saw it: bad JSON, an unknown path, a wrong method.
  if (httpStatus < 500) {
    const data = {
      code: error.code,
      httpStatus,
      reason: 'INVALID_INPUT',
      fieldErrors: {},
    } as const;
    return { message: `The request cannot be served: ${error.code}`, code, data };
  }
  const data = { code: error.code, httpStatus, reason: 'INTERNAL', requestId } as const;
  return { message: REASONS.INTERNAL[1], code, data };
}

/** What each reason is in tRPC's terms, and what it says to a developer who reads it. */
export const REASONS = {
  INVALID_INPUT: ['BAD_REQUEST', 'The input breaks a rule; fieldErrors says which'],
  HOST_SESSION_LIMIT: ['CONFLICT', 'This host has as many open sessions as a host may have'],
  JOIN_CODE_EXHAUSTED: ['SERVICE_UNAVAILABLE', 'No free join code was found; try again'],
  IDEMPOTENCY_KEY_REUSED: ['CONFLICT', 'This idempotency key was used with another input'],
  SESSION_NOT_FOUND: ['NOT_FOUND', 'There is no session with this code'],
  SESSION_ENDED: ['CONFLICT', 'This session has ended'],
  SESSION_FULL: [
    'CONFLICT',
    'The session has reached its limit of participants, questions or listeners',
  ],
  NAME_TAKEN: ['CONFLICT', 'This name is already in this session'],
  UNAUTHENTICATED: ['UNAUTHORIZED', 'This needs a token that somebody holds'],
  FORBIDDEN: ['FORBIDDEN', 'This is not allowed to the caller'],
  QUESTION_LIMIT: ['CONFLICT', 'This author has as many pending questions as there may be'],
  QUESTION_NOT_FOUND: ['NOT_FOUND', 'There is no such question here'],
  RATE_LIMITED: ['TOO_MANY_REQUESTS', 'Too many requests; try again later'],
  UNAVAILABLE: ['SERVICE_UNAVAILABLE', 'This cannot be answered now; try again'],
  INTERNAL: ['INTERNAL_SERVER_ERROR', 'Something went wrong on the server'],
} as const satisfies Record<ErrorReason, readonly [TRPCError['code'], string]>;

/**
 * Finds the reason in what tRPC caught, and puts it into tRPC's terms. What is not a refusal of
 * ours stays as it is: `formatError` says no more of it than that it happened.
 */
export function withReason(error: TRPCError): TRPCError {
  const { cause } = error;
  if (cause instanceof DomainError) return toTRPCError(cause);
  if (isUnavailable(cause)) return toTRPCError(unavailable({ cause }));
  // A ZodError with another code is of our own output, and a defect.
  if (error.code === 'BAD_REQUEST' && cause instanceof z.ZodError) {
    return toTRPCError(new DomainError('INVALID_INPUT', { fieldErrors: fieldErrorsOf(cause) }));
  }
  return error;
}

export function toTRPCError(cause: DomainError): TRPCError {
  const [code, message] = REASONS[cause.reason];
  return new TRPCError({ code, message, cause });
}

/** What is wrong, by the name of the input's field; `input` when it is the input as a whole. */
function fieldErrorsOf(error: z.ZodError): Record<string, string[]> {
  const fieldErrors: Record<string, string[]> = {};
  for (const { path, message } of error.issues) {
    (fieldErrors[String(path[0] ?? 'input')] ??= []).push(message);
  }
  return fieldErrors;
}
