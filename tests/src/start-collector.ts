import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { listenOnLoopback } from './programs.ts';

const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  attributes: z.array(
    z.object({ key: z.string(), value: z.object({ stringValue: z.string().optional() }) }),
  ),
});
const request = z.object({
  resourceSpans: z.array(z.object({ scopeSpans: z.array(z.object({ spans: z.array(span) })) })),
});

export type CollectedSpan = z.infer<typeof span>;

/** An OpenTelemetry collector that receives OTLP over HTTP in JSON. */
export interface Collector extends AsyncDisposable {
  url: string;
  /** The received bodies. */
  received: () => string;
  spans: () => CollectedSpan[];
}

export async function startCollector(): Promise<Collector> {
  const bodies: string[] = [];
  const receive = async (incoming: IncomingMessage, response: ServerResponse) => {
    const body = await text(incoming);
    if (incoming.url === '/v1/traces') bodies.push(body);
    response.setHeader('content-type', 'application/json').end('{}');
  };
  const server = createServer((incoming, response) => {
    // The exporter of a process that ends may abort its request.
    receive(incoming, response).catch(() => response.destroy());
  });
  const port = await listenOnLoopback(server);
  return {
    url: `http://127.0.0.1:${port}`,
    received: () => bodies.join('\n'),
    spans: () =>
      bodies.flatMap((body) =>
        request
          .parse(JSON.parse(body))
          .resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
      ),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
