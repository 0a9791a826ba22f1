import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import { DomainError } from '../domain-error.ts';
import { toTRPCError } from '../trpc/errors.ts';
import { sendError } from './errors.ts';
import { ownOrigins } from './own-origins.ts';

const EXPOSED_HEADERS = ['retry-after', 'x-request-id'];

/**
 * Browsers on the allowed origins may call, and those on others get no answer to read and have
 * nothing done for them. The page that this server itself serves may call too, but gets no grant of
 * CORS: it needs none, and another page that bears the same origin on another machine does.
 *
 * @param origins as `https://host` or `http://localhost:*`, where `*` stands for any port
 */
export async function useOrigins(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  const isAllowed = (origin: string) => allows(origins, origin);

  let own: ReadonlySet<string> = new Set();
  app.addHook('onListen', async () => {
    own = ownOrigins(app.addresses());
  });
  app.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers;
    if (origin === undefined || isAllowed(origin) || own.has(origin)) return done();
    sendError(toTRPCError(new DomainError('FORBIDDEN')), request, reply);
  });
  await app.register(cors, {
    origin: (origin, done) => done(null, origin !== undefined && isAllowed(origin)),
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['content-type', 'authorization', 'last-event-id', 'traceparent', 'tracestate'],
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: 3600,
  });
}

function allows(origins: readonly string[], origin: string): boolean {
  return origins.includes(origin) || origins.includes(`${origin.replace(/:\d+$/, '')}:*`);
}
