import type { TRPCError } from '@trpc/server';
import type { FastifyRequest } from 'fastify';
import { errorShape } from '../trpc/error-shape.ts';

/** Logs in full what a client is told little of: defects, and what the database refused. */
export function logError(
  request: FastifyRequest,
  error: TRPCError,
  procedure: string | undefined,
): void {
  const { reason } = errorShape(error, request.id).data;
  if (reason === 'INTERNAL')
    request.log.error({ err: error.cause ?? error, procedure }, 'call failed');
  if (reason === 'UNAVAILABLE') request.log.warn({ err: error.cause, procedure }, 'call refused');
}
