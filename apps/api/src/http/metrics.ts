import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { Counter, Gauge } from 'prom-client';
import { unavailable } from '../errors.ts';
import { type Metrics, UNKNOWN } from '../observability/metrics.ts';
import { toTRPCError } from '../trpc/errors.ts';
import { sendError } from './errors.ts';

/** Counts requests and connections, and serves `GET /metrics` to Prometheus. */
export function registerMetrics(app: FastifyInstance, { registry, scrape }: Metrics): void {
  const requests = new Counter({
    name: 'classroom_http_requests_total',
    help: 'HTTP requests by route and status; a batch is one request',
    labelNames: ['route', 'status'],
    registers: [registry],
  });
  const open = new Set<Socket>();
  app.server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  const connections: Gauge = new Gauge({
    name: 'classroom_http_connections',
    help: 'Open connections of the HTTP server',
    registers: [registry],
    collect: () => connections.set(open.size),
  });
  app.addHook('onResponse', (request, { statusCode: status }, done) => {
    const route = request.isShed ? 'shed' : (request.routeOptions.url ?? UNKNOWN);
    requests.inc({ route, status });
    done();
  });
  app.get('/metrics', { config: { neverShed: true } }, async (request, reply) => {
    try {
      const text = await scrape();
      return await reply.type(registry.contentType).send(text);
    } catch (err) {
      // A worker does not respond.
      request.log.warn({ err }, 'scrape failed');
      sendError(toTRPCError(unavailable()), request, reply);
      return await reply;
    }
  });
}
