import type { ErrorReason } from '@classroom/schema';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createAddressHash } from '../observability/address-hash.ts';
import { procedures } from '../router.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The procedure that a REST route calls. */
    procedure?: string;
  }
  interface FastifyRequest {
    /** The distinct reasons of its errors so far. */
    errorReasons: Set<ErrorReason> | undefined;
    isLogged: boolean;
  }
}

/** Adds the reason of an error to the log line of its request. */
export function recordReason(request: FastifyRequest, reason: ErrorReason): void {
  (request.errorReasons ??= new Set()).add(reason);
}

/** Shared by all requests, so that an address has one hash in all lines of the process. */
const hashAddress = createAddressHash();

/** Logs every request when its response ends. */
export function registerRequestLog(app: FastifyInstance): void {
  app.decorateRequest('errorReasons', undefined);
  app.decorateRequest('isLogged', false);
  app.addHook('onResponse', (request, reply, done) => {
    logRequest(request, reply);
    done();
  });
}

/** Logs a request once, without data of the caller. */
export function logRequest(request: FastifyRequest, reply: FastifyReply): void {
  if (request.isShed || request.isLogged) return;
  request.isLogged = true;
  const { method, routeOptions, errorReasons, ip } = request;
  request.log.info({
    method,
    // The route instead of the URL, which contains caller data.
    route: routeOptions.url,
    procedure: proceduresOf(request),
    status: reply.statusCode,
    reason: errorReasons && [...errorReasons].join(','),
    ms: Math.round(reply.elapsedTime),
    address: hashAddress(ip),
  });
}

/** The known procedures that a request names, each once, separated by commas. */
function proceduresOf({ params, routeOptions }: FastifyRequest): string | undefined {
  const { procedure } = routeOptions.config;
  if (procedure !== undefined) return procedure;
  const isCall = typeof params === 'object' && params !== null && 'path' in params;
  if (!isCall || typeof params.path !== 'string') return undefined;
  const names = params.path.split(',').filter((name) => procedures.has(name));
  return names.length === 0 ? undefined : [...new Set(names)].join(',');
}
