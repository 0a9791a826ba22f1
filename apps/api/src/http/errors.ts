import { TRPCError } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { errorShape } from '../trpc/error-shape.ts';

/** The refusals that HTTP makes before tRPC is asked, in tRPC's terms. */
const CODES: Record<number, TRPCError['code']> = {
  404: 'NOT_FOUND',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
};

/** Gives errors that arise outside of tRPC the form that its clients understand. */
export function useErrorShape(app: FastifyInstance): void {
  app.setNotFoundHandler((request, reply) =>
    sendError(new TRPCError({ code: 'NOT_FOUND' }), request, reply),
  );
  app.setErrorHandler<Error & { statusCode?: number }>((cause, request, reply) => {
    const { statusCode = 500 } = cause;
    if (statusCode >= 500) request.log.error({ err: cause }, 'request failed');
    const code = CODES[statusCode] ?? (statusCode < 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR');
    return sendError(new TRPCError({ code }), request, reply);
  });
}

export function sendError(error: TRPCError, request: FastifyRequest, reply: FastifyReply) {
  return reply
    .code(getHTTPStatusCodeFromError(error))
    .send({ error: errorShape(error, request.id) });
}
