import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { poolUsage } from '@classroom/db';
import underPressure from '@fastify/under-pressure';
import type { FastifyInstance } from 'fastify';
import { DomainError } from '../domain-error.ts';
import type { Dependencies } from '../trpc/context.ts';
import { errorShape } from '../trpc/error-shape.ts';
import { toTRPCError } from '../trpc/errors.ts';
import { watchCrowd } from './crowd.ts';
import { mayBeLong } from './long-body.ts';
import { corsHeaders } from './origins.ts';

/** The mean over a second. A school that opens a thousand streams at once makes 100. */
const MAX_EVENT_LOOP_DELAY_MS = 250;
const ALWAYS_SERVED = new Set(['/livez', '/metrics']);

const details = { retryAfterSeconds: 1 };
const shape = errorShape(toTRPCError(new DomainError('UNAVAILABLE', details)), '');
const BODY = JSON.stringify({ error: shape });
const HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'content-length': Buffer.byteLength(BODY),
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'retry-after': String(details.retryAfterSeconds),
};

/**
 * Refuses at the door what could only wait: UNAVAILABLE with `Retry-After`, while the queue for
 * the database stays long, or when the event loop lags. It stands before Fastify: a refusal
 * through all of its hooks costs so much that those who were let in wait for the refused.
 */
export async function useOverload(
  app: FastifyInstance,
  { db, metrics }: Pick<Dependencies, 'db' | 'metrics'>,
  origins: readonly string[],
): Promise<void> {
  // Its own hook decides nothing: what it would refuse has not come so far.
  await app.register(underPressure, {
    maxEventLoopDelay: MAX_EVENT_LOOP_DELAY_MS,
    pressureHandler: () => {},
  });
  let draining = false;
  app.addHook('preClose', async () => {
    draining = true;
  });
  const isCrowded = watchCrowd(() => {
    const { waiting, max } = poolUsage(db);
    return waiting / Math.max(1, max);
  });
  const mustRefuse = ({ url = '', method }: IncomingMessage) =>
    !ALWAYS_SERVED.has(url) &&
    method !== 'OPTIONS' &&
    !draining &&
    (isCrowded() || app.isUnderPressure());

  beforeRequests(app, (request, response) => {
    if (!mustRefuse(request)) return false;
    refuse(request, response, origins);
    metrics.requests.count('shed', 503);
    return true;
  });
}

/** Runs `handle` before Fastify, which does not see the requests that it has answered. */
function beforeRequests(
  { server }: FastifyInstance,
  handle: (request: IncomingMessage, response: ServerResponse) => boolean,
): void {
  const listeners = server.listeners('request');
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (handle(request, response)) return;
    for (const listener of listeners) Reflect.apply(listener, server, [request, response]);
  });
}

function refuse(
  { headers }: IncomingMessage,
  response: ServerResponse,
  origins: readonly string[],
): void {
  response
    .writeHead(503, {
      ...HEADERS,
      ...corsHeaders(origins, headers.origin),
      ...(mayBeLong(headers) && { connection: 'close' }),
      'x-request-id': randomUUID(),
    })
    .end(BODY);
}
