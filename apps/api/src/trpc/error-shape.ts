import type { ErrorDetails, ErrorReason } from '@classroom/schema';
import type { TRPCError } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import { DomainError } from '../domain-error.ts';
import { REASONS } from './errors.ts';

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
export function errorShape(error: TRPCError, requestId: string): ErrorShape {
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
