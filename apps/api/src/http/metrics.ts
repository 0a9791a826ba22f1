import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { Gauge } from 'prom-client';
import type { Metrics } from '../observability/metrics.ts';

/** `GET /metrics`, for Prometheus. It asks nothing of the database and needs no pool. */
export function registerMetricsRoute(app: FastifyInstance, { registry, requests }: Metrics): void {
  const open = new Set<Socket>();
  app.server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  const connections: Gauge = new Gauge({
    name: 'classroom_http_connections',
    help: 'Open connections to the HTTP server',
    registers: [registry],
    collect: () => connections.set(open.size),
  });
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.isShed ? 'shed' : request.routeOptions.url;
    requests.count(route, reply.statusCode);
    done();
  });
  app.get('/metrics', { config: { neverShed: true } }, async (_request, reply) => {
    void reply.type(registry.contentType);
    return await registry.metrics();
  });
}
