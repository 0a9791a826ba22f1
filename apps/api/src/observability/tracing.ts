import { setTimeout as sleep } from 'node:timers/promises';
import type { QueryEvent } from '@classroom/db';
import {
  type Context,
  DiagLogLevel,
  SpanKind,
  SpanStatusCode,
  context,
  diag,
  propagation,
  trace,
} from '@opentelemetry/api';
import type { Logger } from './logger.ts';
import type { CallOutcome } from './metrics.ts';

/** A collector that takes longer is not waited for; neither is it when the process stops. */
const EXPORT_TIMEOUT_MS = 2_000;

/**
 * Sends the spans of this process to a collector, by OTLP over HTTP. Until it is called, spans cost
 * next to nothing and go nowhere.
 *
 * @param endpoint of the collector, such as `http://localhost:4318`
 */
export async function openTracing(
  endpoint: string,
  logger: Logger,
  stack: AsyncDisposableStack,
): Promise<void> {
  // Only here: most processes have no collector.
  const [
    { AsyncLocalStorageContextManager },
    { W3CTraceContextPropagator },
    { OTLPTraceExporter },
    { detectResources, envDetector, resourceFromAttributes },
    { BatchSpanProcessor, TracerProvider },
  ] = await Promise.all([
    import('@opentelemetry/context-async-hooks'),
    import('@opentelemetry/core'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/sdk-trace'),
  ]);
  const log = (level: 'debug' | 'warn') => (message: string) =>
    logger[level]({ message }, 'tracing');
  diag.setLogger(
    {
      error: log('warn'),
      warn: log('warn'),
      info: log('debug'),
      debug: () => {},
      verbose: () => {},
    },
    DiagLogLevel.WARN,
  );
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/$/, '')}/v1/traces`,
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const provider = new TracerProvider({
    // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say more.
    resource: resourceFromAttributes({ 'service.name': 'classroom' }).merge(
      detectResources({ detectors: [envDetector] }),
    ),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  stack.defer(async () => {
    await Promise.race([provider.shutdown().catch(() => {}), sleep(EXPORT_TIMEOUT_MS)]);
  });
}

/**
 * Runs a call within a span of its own: what it asks of the database becomes part of it. The names are
 * those of https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/. Nothing of the input is in it.
 *
 * @param parent the caller's span, where the request named one
 * @param run gets a function to say how the call ended
 */
export async function traceCall<Result>(
  procedure: string,
  parent: Context,
  run: (end: (outcome: CallOutcome) => void) => Promise<Result>,
): Promise<Result> {
  const attributes = { 'rpc.system.name': 'trpc', 'rpc.method': procedure };
  const options = { kind: SpanKind.SERVER, attributes };
  return await tracer.startActiveSpan(procedure, options, parent, async (span) => {
    try {
      return await run((outcome) => {
        if (outcome !== 'ok') span.setAttribute('error.type', outcome);
        if (outcome === 'INTERNAL' || outcome === 'UNAVAILABLE') {
          span.setStatus({ code: SpanStatusCode.ERROR });
        }
      });
    } finally {
      span.end();
    }
  });
}

/**
 * Makes a span of a query that has ended, if it belongs to a call. The text has no values in it, they
 * are parameters. Names: https://opentelemetry.io/docs/specs/semconv/database/postgresql/
 */
export function traceQuery(event: QueryEvent): void {
  if (trace.getActiveSpan() === undefined) return;
  const end = Date.now();
  const span = tracer.startSpan('postgresql', {
    kind: SpanKind.CLIENT,
    startTime: end - event.queryDurationMillis,
    attributes: { 'db.system.name': 'postgresql', 'db.query.text': event.query.sql },
  });
  if (event.level === 'error') {
    const { error } = event;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    span.setAttribute('db.response.status_code', code).setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end(end);
}

export const tracer = trace.getTracer('classroom');
