import type { FastifyInstance } from 'fastify';
import { DomainError } from '../domain-error.ts';
import { toTRPCError } from '../trpc/errors.ts';
import { sendError } from './errors.ts';

const RETRY_AFTER_SECONDS = 1;

/**
 * Once the server closes: what is in flight is answered, what comes new on an open connection is
 * UNAVAILABLE, and each answer ends its connection, for one that stays open would hold up the end.
 */
export function useDrain(app: FastifyInstance): void {
  let draining = false;
  app.addHook('preClose', async () => {
    draining = true;
  });
  app.addHook('onRequest', async (request, reply) => {
    if (!draining || request.url === '/livez') return;
    const details = { retryAfterSeconds: RETRY_AFTER_SECONDS };
    sendError(toTRPCError(new DomainError('UNAVAILABLE', details)), request, reply);
    await reply;
  });
  app.addHook('onSend', async (_request, reply) => {
    if (draining) reply.header('connection', 'close');
  });
}
