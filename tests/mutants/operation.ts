import { type Mutant, api, system } from './mutant.ts';

const SETTINGS = [...api('env', 'http/cors'), ...system('e2e/start')];
const METRICS = [
  ...api('observability/metrics', 'http/load-shedding'),
  ...system('e2e/canary', 'docs/operations-page'),
];
const LOGS = [
  ...api('observability/logger', 'observability/address-hash', 'http/app'),
  ...system('e2e/canary', 'e2e/request-log'),
];
const STOP = [
  ...api('http/health', 'http/listen', 'http/sse'),
  ...system('faults/stop-under-load', 'e2e/behind-nginx'),
];

/** Settings, metrics, logs, retention and shutdown. */
export const OPERATION: readonly Mutant[] = [
  {
    name: 'settings: pages on localhost may call in production only',
    file: 'apps/api/src/env.ts',
    find: "NODE_ENV === 'production' ? [] :",
    replace: "NODE_ENV !== 'production' ? [] :",
    tests: SETTINGS,
  },
  {
    name: 'metrics: durations are in milliseconds',
    file: 'apps/api/src/observability/metrics.ts',
    find: 'milliseconds / 1000',
    replace: 'milliseconds',
    tests: METRICS,
  },
  {
    name: 'metrics: failed calls count as ok',
    file: 'apps/api/src/trpc/procedures.ts',
    find: 'calls.observe(path, outcome, performance',
    replace: "calls.observe(path, 'ok', performance",
    tests: METRICS,
  },
  {
    name: 'logs: the detail of a database error reaches the log',
    file: 'apps/api/src/observability/logger.ts',
    find: '    constraint,\n    stack:',
    replace:
      "    constraint,\n    detail: 'detail' in error ? error.detail : undefined,\n    stack:",
    tests: LOGS,
  },
  {
    name: 'logs: the path of a request reaches the log',
    file: 'apps/api/src/http/request-log.ts',
    find: 'route: routeOptions.url,',
    replace: 'route: routeOptions.url && request.url,',
    tests: LOGS,
  },
  {
    name: 'logs: any name in a path is logged as a procedure',
    file: 'apps/api/src/http/request-log.ts',
    find: '.filter((name) => procedures.has(name))',
    replace: '',
    tests: LOGS,
  },
  {
    name: 'logs: a line has the clear address',
    file: 'apps/api/src/http/request-log.ts',
    find: 'address: hashAddress(ip)',
    replace: 'address: hashAddress(ip) && ip',
    tests: LOGS,
  },
  {
    name: 'logs: a stream that its client leaves has no line',
    file: 'apps/api/src/http/live-streams.ts',
    find: 'if (reply.raw.headersSent) logRequest',
    replace: 'if (!reply.raw.headersSent) logRequest',
    tests: LOGS,
  },
  {
    name: 'logs: the key of addresses is never replaced',
    file: 'apps/api/src/observability/address-hash.ts',
    find: 'if (today !== day) {',
    replace: 'if (day === undefined) {',
    tests: LOGS,
  },
  {
    name: 'shutdown: a stopping process is ready',
    file: 'apps/api/src/http/health.ts',
    find: "stopping.aborted ? 'stopping' : await pending",
    replace: 'stopping.aborted ? await pending : await pending',
    tests: STOP,
  },
  {
    name: 'shutdown: SIGTERM leaves load balancers no time',
    file: 'apps/api/src/main.ts',
    find: "if (name === 'SIGTERM')",
    replace: "if (name === 'SIGHUP')",
    tests: STOP,
  },
  {
    name: 'shutdown: streams stay open until the connections are cut',
    file: 'apps/api/src/http/live-streams.ts',
    find: "  app.addHook('preClose', async () => streams.endAll());\n",
    replace: '',
    tests: STOP,
  },
];
