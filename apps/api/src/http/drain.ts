import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { unavailable } from '../errors.ts';
import { toTRPCError } from '../trpc/errors.ts';
import { sendError } from './errors.ts';

/** A caller that has not sent a whole request by then gets no answer. */
const DRAIN_TIMEOUT_MS = 5_000;

/**
 * Once the process is to stop, each answer ends its connection, so that the next call goes elsewhere.
 * Once the server closes: what is in flight is answered, what comes new on an open connection is
 * UNAVAILABLE. A connection that stays open would hold up the end.
 */
export function registerDrain(app: FastifyInstance, stopping: AbortSignal): void {
  let draining = false;
  const silent = trackSilentSockets(app.server);
  app.addHook('preClose', async () => {
    draining = true;
    for (const socket of silent) socket.destroy();
    setTimeout(() => app.server.closeAllConnections(), DRAIN_TIMEOUT_MS).unref();
  });
  app.addHook('onRequest', (request, reply, done) => {
    if (!draining || request.url === '/livez') return done();
    sendError(toTRPCError(unavailable()), request, reply);
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (stopping.aborted || draining) reply.header('connection', 'close');
    done();
  });
}

/**
 * The connections on which nothing has been asked yet, such as those that browsers open in advance.
 * Node does not count them as idle, and would wait for them for ever.
 */
function trackSilentSockets(server: Server): Set<Socket> {
  const silent = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  server.on('request', ({ socket }) => silent.delete(socket));
  return silent;
}
