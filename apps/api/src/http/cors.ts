import { type AddressInfo, BlockList } from 'node:net';
import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import { DomainError } from '../errors.ts';
import { toTRPCError } from '../trpc/errors.ts';
import { sendError } from './errors.ts';

const EXPOSED_HEADERS = ['retry-after', 'x-request-id'];

/**
 * Browsers on the allowed origins may call, and those on others get no answer to read and have
 * nothing done for them. The page that this server itself serves may call too, but gets no grant of
 * CORS: it needs none, and another page that bears the same origin on another machine does.
 *
 * @param origins as `https://host` or `http://localhost:*`, where `*` stands for any port
 */
export async function registerCors(
  app: FastifyInstance,
  origins: readonly string[],
): Promise<void> {
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

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Listening there is listening on every address of the machine. */
const ANY_ADDRESS = new Set(['0.0.0.0', '::']);

/**
 * The origins of pages that this server itself serves, as far as it knows them for sure: the
 * addresses it listens on, and `localhost` for loopback, which browsers resolve by themselves. No other
 * name is among them, and the header Host is not asked: a page of any name can have that name lead
 * here and send both. Other names, and those of a proxy, are for `CORS_ORIGINS`.
 */
export function ownOrigins(addresses: readonly (AddressInfo | string)[]): ReadonlySet<string> {
  // What is no address of the network is a path of a Unix socket, where no page comes from.
  return new Set(addresses.flatMap((at) => (typeof at === 'string' ? [] : originsOf(at))));
}

function originsOf({ address, family, port }: AddressInfo): string[] {
  const hosts = ANY_ADDRESS.has(address)
    ? ['127.0.0.1', '[::1]', 'localhost']
    : [family === 'IPv6' ? `[${address}]` : address];
  if (loopback.check(address, family === 'IPv6' ? 'ipv6' : 'ipv4')) hosts.push('localhost');
  return hosts.map((host) => new URL(`http://${host}:${port}`).origin);
}
