import { setTimeout as sleep } from 'node:timers/promises';
import { context, diag, DiagLogLevel, propagation, trace } from '@opentelemetry/api';
import type { Logger } from '../logger.ts';

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
