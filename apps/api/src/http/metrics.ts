import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { Counter, Gauge } from 'prom-client';
import { type Metrics, UNKNOWN } from '../observability/metrics.ts';

/** Counts requests and connections, and serves `GET /metrics` to Prometheus. */
export function registerMetrics(app: FastifyInstance, { registry }: Metrics): void {
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
  app.get('/metrics', { config: { neverShed: true } }, async (_request, reply) => {
    void reply.type(registry.contentType);
    return await registry.metrics();
  });
}
