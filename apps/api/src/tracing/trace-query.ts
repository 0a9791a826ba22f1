import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { QueryEvent } from '@classroom/db';
import { tracer } from './tracer.ts';

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
