import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import { DomainError } from '../errors.ts';
import { toTRPCError } from '../trpc/errors.ts';
import { sendError } from './errors.ts';
import { ALL_ADDRESSES } from './public-url.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const REQUEST_HEADERS = [
  'content-type',
  'authorization',
  'last-event-id',
  'traceparent',
  'tracestate',
  'trpc-accept',
  'x-trpc-source',
];
const RESPONSE_HEADERS = ['retry-after', 'x-request-id'];
const REFUSED_ORIGIN = 'The origin of this page is refused; add it to the setting CORS_ORIGINS';

/** Bounds the memory and the log lines that callers can cause. */
const MAX_LOGGED_ORIGINS = 100;
/** A host name has at most 253 characters. */
const MAX_ORIGIN_LENGTH = 300;

/**
 * Grants CORS to the allowed origins, and refuses requests from other origins before they execute.
 * Requests from the server's own pages need no grant. Logs each refused origin once.
 *
 * @param allowed origins as `https://host`, or `http://localhost:*` for any port
 * @param publicUrl its origin is one of the server's own
 */
export async function registerCors(
  app: FastifyInstance,
  allowed: readonly string[],
  publicUrl?: string,
): Promise<void> {
  const isAllowed = (origin: string) =>
    allowed.includes(origin) || allowed.includes(`${origin.replace(/:\d+$/, '')}:*`);
  const publicOrigins = publicUrl === undefined ? [] : [new URL(publicUrl).origin];
  let own: ReadonlySet<string> = new Set(publicOrigins);
  app.addHook('onListen', async () => {
    own = new Set([...publicOrigins, ...ownOrigins(app.addresses())]);
  });
  const logged = new Set<string>();
  const logOnce = (origin: string) => {
    const shown = origin.slice(0, MAX_ORIGIN_LENGTH);
    if (logged.has(shown) || logged.size >= MAX_LOGGED_ORIGINS) return;
    logged.add(shown);
    app.log.warn({ origin: shown }, REFUSED_ORIGIN);
  };
  app.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers;
    if (origin === undefined || isAllowed(origin) || own.has(origin)) return done();
    logOnce(origin);
    const error = new DomainError('FORBIDDEN', {}, { publicMessage: REFUSED_ORIGIN });
    sendError(toTRPCError(error), request, reply);
  });
  await app.register(cors, {
    origin: (origin, done) => done(null, origin !== undefined && isAllowed(origin)),
    methods: METHODS,
    allowedHeaders: REQUEST_HEADERS,
    exposedHeaders: RESPONSE_HEADERS,
    maxAge: 3600,
  });
}

const LOOPBACK = /^127\.|^::1$/;

/**
 * The origins of the server's own pages: the IP addresses of this machine that it listens on, and
 * `localhost` for loopback. Never a Host header: with DNS rebinding, a foreign page sends both.
 */
export function ownOrigins(listening: readonly (AddressInfo | string)[]): ReadonlySet<string> {
  const local = Object.values(networkInterfaces()).flatMap((found = []) => found);
  const origins = listening.flatMap((bound) => {
    // The path of a Unix socket has no origin.
    if (typeof bound === 'string') return [];
    const { address, port } = bound;
    const addresses = ALL_ADDRESSES.has(address) ? local.map((found) => found.address) : [address];
    const hosts = addresses.map((ip) => (ip.includes(':') ? `[${ip}]` : ip));
    if (addresses.some((ip) => LOOPBACK.test(ip))) hosts.push('localhost');
    // A link-local address with a zone is not an origin.
    const urls = hosts.map((host) => `http://${host}:${port}`).filter((url) => URL.canParse(url));
    return urls.map((url) => new URL(url).origin);
  });
  return new Set(origins);
}
