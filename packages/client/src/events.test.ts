import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { createClient } from './index.ts';

test('a subscription reconnects after a 503', async () => {
  let requests = 0;
  const server = createServer((_, response) => {
    requests += 1;
    if (requests === 1) {
      response.writeHead(503).end('{}');
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('event: connected\ndata: {}\n\n\n');
    response.write('data: {"type":"presence","listening":1}\nid: 7\n\n\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const events: unknown[] = [];
  const errors: unknown[] = [];
  const subscription = createClient({
    url: `http://127.0.0.1:${port}/trpc`,
  }).sessions.events.subscribe(
    { code: 'CDFGH2' },
    { onData: (event) => events.push(event), onError: (error) => errors.push(error) },
  );
  await expect
    .poll(() => events, { timeout: 30_000 })
    .toEqual([{ id: '7', data: { type: 'presence', listening: 1 } }]);
  expect({ requests, errors }).toEqual({ requests: 2, errors: [] });
  subscription.unsubscribe();
  server.closeAllConnections();
  server.close();
});
