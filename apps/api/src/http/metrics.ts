import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../metrics/metrics.ts';

/** `GET /metrics`, for Prometheus. It asks nothing of the database and needs no pool. */
export function useMetrics(app: FastifyInstance, { registry, requests }: Metrics): void {
  app.addHook('onResponse', (request, reply, done) => {
    requests.count(request.routeOptions.url, reply.statusCode);
    done();
  });
  app.get('/metrics', async (_request, reply) => {
    void reply.type(registry.contentType);
    return await registry.metrics();
  });
}
