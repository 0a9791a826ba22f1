import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import underPressure from '@fastify/under-pressure';
import type { FastifyInstance } from 'fastify';
import { RETRY_AFTER_SECONDS, unavailable } from '../domain-error.ts';
import type { Dependencies } from '../trpc/context.ts';
import { errorShape } from '../trpc/error-shape.ts';
import { toTRPCError } from '../trpc/errors.ts';
import { limitConcurrency } from './concurrency-limit.ts';
import { mayBeLong } from './long-body.ts';
import { oneInEachTurn } from './one-in-each-turn.ts';
import { corsHeaders } from './origins.ts';
import { isRest, toRestError } from './rest/error-body.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

/** The mean over a second. A school that opens a thousand streams at once makes 100. */
const MAX_EVENT_LOOP_DELAY_MS = 250;
/** Clients that call again as soon as they are refused would take the time of accepted calls. */
const REFUSE_AFTER_MS = 100;
const ALWAYS_SERVED = new Set(['/livez', '/metrics']);

/**
 * Refuses at the door what could only wait: UNAVAILABLE with `Retry-After`, while as many are in
 * flight as may be, or when the event loop lags. It stands before Fastify, on its server: a refusal
 * through all of its hooks costs so much that those who were let in wait for the refused.
 */
export async function useOverload(
  app: FastifyInstance,
  { metrics }: Pick<Dependencies, 'metrics'>,
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

  const { server } = app;
  const listeners = server.listeners('request');
  server.removeAllListeners('request');
  const begin = (request: IncomingMessage, response: ServerResponse) => {
    for (const listener of listeners) Reflect.apply(listener, server, [request, response]);
  };
  let accepted = 0;
  server.on('connection', () => {
    accepted += 1;
  });
  // Two queues, so that a school that opens a thousand streams at once holds up no call.
  const calls = oneInEachTurn(begin, () => accepted);
  const streams = oneInEachTurn(begin, () => accepted);
  const limit = limitConcurrency(calls.waiting);
  app.addHook('preHandler', (request, reply, done) => {
    // Only from here on: a body that comes slowly takes nothing. A stream is in flight for minutes.
    if (!isStream(request.headers)) {
      limit.enter();
      reply.raw.once('close', limit.leave);
    }
    done();
  });
  const mustRefuse = ({ method, headers }: IncomingMessage) =>
    method !== 'OPTIONS' &&
    !draining &&
    ((!isStream(headers) && limit.isReached()) || app.isUnderPressure());

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (ALWAYS_SERVED.has(request.url ?? '')) return begin(request, response);
    if (!mustRefuse(request)) {
      return (isStream(request.headers) ? streams : calls).begin(request, response);
    }
    setTimeout(() => refuse(request, response, origins), REFUSE_AFTER_MS);
    metrics.requests.count('shed', 503);
  });
}

function isStream({ accept }: IncomingHttpHeaders): boolean {
  return accept?.includes('text/event-stream') === true;
}

const refusal = errorShape(toTRPCError(unavailable()), '');
const TRPC_BODY = JSON.stringify({ error: refusal });
const REST_BODY = JSON.stringify(toRestError(refusal));

function refuse(
  { headers, url = '' }: IncomingMessage,
  response: ServerResponse,
  origins: readonly string[],
): void {
  const body = isRest({ url }) ? REST_BODY : TRPC_BODY;
  response
    .writeHead(503, {
      ...SECURITY_HEADERS,
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      'retry-after': String(RETRY_AFTER_SECONDS),
      ...corsHeaders(origins, headers.origin),
      ...(mayBeLong(headers) && { connection: 'close' }),
      'x-request-id': randomUUID(),
    })
    .end(body);
}
