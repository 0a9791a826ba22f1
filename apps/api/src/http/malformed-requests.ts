import { randomUUID } from 'node:crypto';
import { type IncomingMessage, STATUS_CODES, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TRPCError } from '@trpc/server';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { formatError, malformedRequest } from '../trpc/errors.ts';
import { renderError, sendError } from './errors.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

interface Refusal {
  httpStatus: number;
  error: TRPCError;
}

/** By the code of Node's error. */
const REFUSALS: Record<string, Refusal> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    httpStatus: 408,
    error: malformedRequest('The request was not complete in time; send its head within 5 seconds'),
  },
  HPE_HEADER_OVERFLOW: {
    httpStatus: 431,
    error: malformedRequest('The URL and the headers are larger than 32 KiB; shorten them'),
  },
};
const NOT_HTTP: Refusal = {
  httpStatus: 400,
  error: malformedRequest('The request is not valid HTTP/1.1'),
};
const NO_HOST: Refusal = {
  httpStatus: 400,
  error: malformedRequest('The Host header is missing or malformed'),
};
const UNKNOWN_EXPECT: Refusal = {
  httpStatus: 417,
  error: malformedRequest('The Expect header is not supported; leave it out'),
};

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
  const respond = () => refuse(socket, REFUSALS[code] ?? NOT_HTTP);
  if (last === undefined || last.closed) return respond();
  if (last.req.complete || last.headersSent) return void last.once('close', respond);
  // The body of the last request is malformed: wait until its response may be written.
  if (last.socket === null) return void last.once('socket', respond);
  respond();
}

/** Writes a response without Fastify: the parser found no request that Fastify could handle. */
function refuse(socket: Socket, { httpStatus, error }: Refusal): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const requestId = randomUUID();
  const body = JSON.stringify(renderError(formatError(error, requestId, httpStatus), ''));
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
    const { error, httpStatus } = isUnexpected ? UNKNOWN_EXPECT : NO_HOST;
    sendError(error, request, reply, httpStatus);
  });
}

/** RFC 9112, section 3.2: HTTP/1.1 requires it, and it may be empty. */
function hasHost({ headers: { host }, raw }: FastifyRequest): boolean {
  if (host === undefined) return raw.httpVersion !== '1.1';
  return host === '' || URL.canParse(`http://${host}`);
}
