import { type Context, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { CallOutcome } from '../metrics/calls.ts';
import { tracer } from './tracer.ts';

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
