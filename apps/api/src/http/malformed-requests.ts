import { randomUUID } from 'node:crypto';
import { type IncomingMessage, STATUS_CODES, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TRPCError } from '@trpc/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ErrorShape, formatError } from '../trpc/errors.ts';
import { isRest, toRestError } from './errors.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

const STATUSES: Record<string, number> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};

/** The last response of each connection. */
const responses = new WeakMap<Socket, ServerResponse>();
const malformed = new WeakSet<Socket>();

/**
 * Responds to a malformed request: too slow, too long a head, or not HTTP at all. Responses to the requests
 * before it on the same connection are sent first.
 */
export function handleClientError({ code = '' }: { code?: string }, socket: Socket): void {
  const last = responses.get(socket);
  // Node leaves open what ends within a request: the stream before it would not end with its client.
  if (socket.readableEnded && last?.headersSent === true && !last.closed) {
    socket.destroy();
    return;
  }
  // The parser reports each further chunk as well.
  if (malformed.has(socket)) return;
  malformed.add(socket);
  const answer = () => refuse(socket, code);
  if (last === undefined || last.closed) return answer();
  if (last.req.complete || last.headersSent) return void last.once('close', answer);
  // The body of the last request is malformed, so this is its response, once it is its turn.
  if (last.socket === null) return void last.once('socket', answer);
  answer();
}

function refuse(socket: Socket, code: string): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const httpStatus = STATUSES[code] ?? 400;
  const body = JSON.stringify({ error: malformedShape(httpStatus) });
  const headers = {
    ...SECURITY_HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'x-request-id': randomUUID(),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const head = [`HTTP/1.1 ${httpStatus} ${STATUS_CODES[httpStatus]}`, ...lines].join('\r\n');
  socket.end(`${head}\r\n\r\n${body}`, () => socket.destroy());
}

/** Refuses a missing Host and an unknown Expect with a reason; Node itself gives none. */
export function rejectMalformedRequests(app: FastifyInstance): void {
  const { server } = app;
  server.on('request', ({ socket }, response) => responses.set(socket, response));
  const unexpected = new WeakSet<IncomingMessage>();
  server.on('checkExpectation', (request, response) => {
    unexpected.add(request);
    server.emit('request', request, response);
  });
  app.addHook('onRequest', (request, reply, done) => {
    if (unexpected.has(request.raw)) return send(417, request, reply);
    if (!hasHost(request)) return send(400, request, reply);
    done();
  });
}

/** RFC 9112, section 3.2. It may be empty. */
function hasHost({ headers: { host }, raw }: FastifyRequest): boolean {
  if (host === undefined) return raw.httpVersion !== '1.1';
  return host === '' || URL.canParse(`http://${host}`);
}

function send(httpStatus: number, request: FastifyRequest, reply: FastifyReply): void {
  const shape = malformedShape(httpStatus);
  void reply.code(httpStatus).header('connection', 'close');
  void reply.send(isRest(request) ? toRestError(shape) : { error: shape });
}

function malformedShape(httpStatus: number): ErrorShape {
  const { data, ...shape } = formatError(new TRPCError({ code: 'BAD_REQUEST' }), '');
  return { ...shape, data: { ...data, httpStatus } };
}
