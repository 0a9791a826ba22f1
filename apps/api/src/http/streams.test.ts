import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fastify, type FastifyInstance } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { createStreams } from './streams.ts';

let app: FastifyInstance;
afterEach(() => app.close());

/** A server of one stream that goes on for ever, at that pace. */
async function serve(chunk: string, pauseMs: number) {
  const facts = { cancelled: false, sent: 0 };
  const streams = createStreams();
  app = fastify({ forceCloseConnections: true });
  app.get('/', (_request, reply) => {
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await sleep(pauseMs);
        if (facts.cancelled) return;
        controller.enqueue(new TextEncoder().encode(chunk));
        facts.sent += 1;
      },
      cancel: () => void (facts.cancelled = true),
    });
    const headers = { 'content-type': 'text/event-stream' };
    return streams.send(new Response(body, { headers }), reply);
  });
  await app.listen({ port: 0 });
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const socket = connect(address.port);
  socket.on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  return { streams, facts, socket };
}
const firstData = (socket: Socket) => once(socket, 'data');

test('a client that leaves ends its stream', async () => {
  const { facts, socket } = await serve('data: x\n\n', 5);
  await firstData(socket);
  socket.destroy();
  await expect.poll(() => facts.cancelled).toBe(true);
});

test('one that does not read is cut off, and little waits for it meanwhile', async () => {
  const { facts, socket } = await serve('x'.repeat(64 * 1024), 0);
  await firstData(socket);
  socket.pause();
  await sleep(1_000);
  const { sent } = facts;
  await expect.poll(() => facts.cancelled, { timeout: 15_000, interval: 100 }).toBe(true);
  // What the system's buffers took, and not what could have been sent in ten seconds.
  expect(facts.sent - sent).toBeLessThan(10);
  socket.destroy();
}, 20_000);

test('all can be cut at once', async () => {
  const { streams, facts, socket } = await serve('data: x\n\n', 5);
  await firstData(socket);
  streams.cutAll();
  await once(socket, 'close');
  expect(facts.cancelled).toBe(true);
});
