import { Counter, type Registry } from 'prom-client';

export interface RequestMetrics {
  /** Counts a request. `route` is the pattern of the route and not the URL. */
  count: (route: string | undefined, status: number) => void;
}

/** HTTP requests, those included that were refused before any procedure was asked. */
export function measureRequests(registry: Registry): RequestMetrics {
  const requests = new Counter({
    name: 'classroom_http_requests_total',
    help: 'HTTP requests by route and status; a batch is one',
    labelNames: ['route', 'status'],
    registers: [registry],
  });
  return { count: (route = 'unknown', status) => requests.inc({ route, status }) };
}
