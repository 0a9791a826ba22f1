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

/** Bounds an export, also at shutdown. */
const EXPORT_TIMEOUT_MS = 2_000;

/**
 * Exports spans to a collector by OTLP over HTTP until it is disposed. Without this call, spans are
 * dropped at almost no cost.
 *
 * @param endpoint the base URL of the collector, such as `http://localhost:4318`
 */
export async function openTracing(endpoint: string, logger: Logger): Promise<AsyncDisposable> {
  // Loaded on demand: most processes have no collector.
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
    // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES override and extend it.
    resource: resourceFromAttributes({ 'service.name': 'classroom' }).merge(
      detectResources({ detectors: [envDetector] }),
    ),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  return {
    async [Symbol.asyncDispose]() {
      await Promise.race([provider.shutdown().catch(() => {}), sleep(EXPORT_TIMEOUT_MS)]);
    },
  };
}

/**
 * Runs a procedure call in a span, which becomes the parent of its statements' spans. Names follow
 * https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/. The input is not recorded.
 *
 * @param parent the span of the caller, if the request has a `traceparent`
 * @param run receives a function that records the outcome
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
 * Records a finished statement as a span if it belongs to a call. The text contains no values, because
 * they are parameters. Names: https://opentelemetry.io/docs/specs/semconv/database/postgresql/
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

const tracer = trace.getTracer('classroom');
