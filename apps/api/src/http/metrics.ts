import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../metrics/metrics.ts';

/** `GET /metrics`, for Prometheus. It asks nothing of the database and needs no pool. */
export function useMetrics(app: FastifyInstance, { registry, requests }: Metrics): void {
  app.addHook('onResponse', async (request, reply) => {
    requests.count(request.routeOptions.url, reply.statusCode);
  });
  app.get('/metrics', async (_request, reply) => {
    void reply.type(registry.contentType);
    return await registry.metrics();
  });
}
