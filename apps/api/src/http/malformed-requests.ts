import { randomUUID } from 'node:crypto';
import { type IncomingMessage, STATUS_CODES, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TRPCError } from '@trpc/server';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { formatError } from '../trpc/errors.ts';
import { renderError, sendError } from './errors.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

const STATUSES: Record<string, number> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};
const BAD_REQUEST = new TRPCError({ code: 'BAD_REQUEST' });

/** The last response of each connection. */
const responses = new WeakMap<Socket, ServerResponse>();
const malformed = new WeakSet<Socket>();

/**
 * Responds when Node's parser fails: on a slow request, an oversized head, or bytes that are not HTTP.
 * Responses to earlier requests on the same connection are sent first.
 */
export function handleClientError({ code = '' }: { code?: string }, socket: Socket): void {
  const last = responses.get(socket);
  // Node keeps a connection open that ends within a request, so a stream before it would never end.
  if (socket.readableEnded && last?.headersSent === true && !last.closed) {
    socket.destroy();
    return;
  }
  // The parser reports each further chunk as well.
  if (malformed.has(socket)) return;
  malformed.add(socket);
  const respond = () => refuse(socket, STATUSES[code] ?? 400);
  if (last === undefined || last.closed) return respond();
  if (last.req.complete || last.headersSent) return void last.once('close', respond);
  // The body of the last request is malformed: wait until its response may be written.
  if (last.socket === null) return void last.once('socket', respond);
  respond();
}

/** Writes a response without Fastify: the parser found no request that Fastify could handle. */
function refuse(socket: Socket, httpStatus: number): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const requestId = randomUUID();
  const body = JSON.stringify(renderError(formatError(BAD_REQUEST, requestId, httpStatus), ''));
  const headers = {
    ...SECURITY_HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'x-request-id': requestId,
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const head = [`HTTP/1.1 ${httpStatus} ${STATUS_CODES[httpStatus]}`, ...lines].join('\r\n');
  socket.end(`${head}\r\n\r\n${body}`, () => socket.destroy());
}

/** Refuses a missing Host and an unknown Expect. Node's own refusals have no body. */
export function rejectMalformedRequests(app: FastifyInstance): void {
  const { server } = app;
  server.on('request', ({ socket }, response) => responses.set(socket, response));
  const unexpected = new WeakSet<IncomingMessage>();
  server.on('checkExpectation', (request, response) => {
    unexpected.add(request);
    server.emit('request', request, response);
  });
  app.addHook('onRequest', (request, reply, done) => {
    const isUnexpected = unexpected.has(request.raw);
    if (!isUnexpected && hasHost(request)) return done();
    void reply.header('connection', 'close');
    sendError(BAD_REQUEST, request, reply, isUnexpected ? 417 : 400);
  });
}

/** RFC 9112, section 3.2: HTTP/1.1 requires it, and it may be empty. */
function hasHost({ headers: { host }, raw }: FastifyRequest): boolean {
  if (host === undefined) return raw.httpVersion !== '1.1';
  return host === '' || URL.canParse(`http://${host}`);
}
