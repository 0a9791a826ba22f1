import { promisify } from 'node:util';
import type { FastifyInstance } from 'fastify';
import { Gauge } from 'prom-client';
import { NEVER_SHED } from './load-shedding.ts';
import type { Metrics } from '../metrics/metrics.ts';

/** `GET /metrics`, for Prometheus. It asks nothing of the database and needs no pool. */
export function useMetrics(app: FastifyInstance, { registry, requests }: Metrics): void {
  const connections: Gauge = new Gauge({
    name: 'classroom_http_connections',
    help: 'Open connections to the HTTP server, as Node counts them',
    registers: [registry],
    async collect() {
      connections.set(await promisify(app.server.getConnections.bind(app.server))());
    },
  });
  app.addHook('onResponse', (request, reply, done) => {
    requests.count(request.routeOptions.url, reply.statusCode);
    done();
  });
  app.get('/metrics', { config: NEVER_SHED }, async (_request, reply) => {
    void reply.type(registry.contentType);
    return await registry.metrics();
  });
}
