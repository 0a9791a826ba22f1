import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Question, SessionEvent, SessionSummary } from '@classroom/schema';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { fastify } from 'fastify';
import { afterEach, expect, test, vi } from 'vitest';
import { DomainError, unavailable } from '../errors.ts';
import type { SequencedEvent } from '../features/live/presenter.ts';
import type { Subscriber } from '../features/live/room.ts';
import type { Subscribe } from '../features/live/feed.ts';
import { trpc } from '../trpc/init.ts';
import { SessionEvents } from '../features/live/session-events.ts';
import { createEventStreams } from './sse.ts';

const session: SessionSummary = {
  id: 1,
  code: 'CCCCCC',
  title: 'Ünïcode 👩‍🏫 \u2028 "quoted"\\',
  status: 'active',
  host: { id: 1, displayName: 'Ada' },
  createdAt: '2026-01-01T00:00:00.000Z',
  startedAt: '2026-01-01T00:00:00.000Z',
  endedAt: null,
  expiresAt: '2026-01-02T00:00:00.000Z',
  moderated: false,
  joining: 'open',
};
const question: Question = {
  id: 7,
  body: 'Line one\nline two: 𝒳\r\ndata: not a field\n\n',
  status: 'pending',
  pinned: false,
  votes: 0,
  mine: false,
  author: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  answeredAt: null,
  voted: false,
};
const EVENTS: SessionEvent[] = [
  { type: 'snapshot', session, questions: [question] },
  { type: 'question', question },
  { type: 'questionRemoved', questionId: 7 },
  { type: 'presence', listening: 40, participants: 39 },
  { type: 'session', session: { ...session, status: 'ended' } },
];
const sequenced = EVENTS.map((event, n): SequencedEvent => ({ sequence: n * 1_000, event }));

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const close of closing.splice(0)) await close();
});

/** Serves a subscription and connects to it. */
async function startServer(subscribe: Subscribe) {
  const streams = createEventStreams();
  const app = fastify({ forceCloseConnections: true, genReqId: () => 'request' });
  app.get('/', async (_request, reply) => streams.open(reply, subscribe, { onError: () => {} }));
  closing.push(() => app.close());
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  return { app, streams, socket };
}

/** Serves the subscription with tRPC's own handler. */
async function serveByTRPC(subscribe: Subscribe): Promise<Response> {
  const router = trpc.router({
    events: trpc.procedure.subscription(() => new SessionEvents(subscribe)),
  });
  return await fetchRequestHandler({
    req: new Request('http://localhost/trpc/events'),
    endpoint: '/trpc',
    router,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- this procedure and the error formatter read only the request id
    createContext: () => ({ requestId: 'request' }) as never,
  });
}

async function readBody(socket: Socket): Promise<string> {
  const response = await text(socket);
  return response.slice(response.indexOf('\r\n\r\n') + 4);
}

const ends: [string, (subscriber: Subscriber) => void][] = [
  ['the end of a session', ({ end }) => end()],
  ['a typed refusal', ({ end }) => end(new DomainError('UNAUTHENTICATED'))],
  ['a refusal with details', ({ end }) => end(unavailable())],
  ['a defect', ({ end }) => end(new TypeError('secret'))],
];

test.each(ends)('every event and %s have the bytes of tRPC’s own producer', async (_, finish) => {
  const subscribe: Subscribe = (subscriber) => {
    subscriber.push(sequenced.slice(0, 2));
    subscriber.push(sequenced.slice(2));
    finish(subscriber);
    return () => {};
  };
  const { socket } = await startServer(subscribe);
  const reference = await serveByTRPC(subscribe);
  const body = await readBody(socket);
  expect(body).toBe(await reference.text());
  expect(body).toContain('event: connected');
  expect(body.match(/^id: /gm)).toHaveLength(EVENTS.length);
  expect(body).not.toContain('secret');
});

test('a refused subscription has the bytes of tRPC’s own producer', async () => {
  const subscribe: Subscribe = () => {
    throw new DomainError('SESSION_FULL', { limit: 4 });
  };
  const { socket } = await startServer(subscribe);
  const body = await readBody(socket);
  expect(body).toBe(await (await serveByTRPC(subscribe)).text());
  expect(body).toContain('"reason":"SESSION_FULL","limit":4');
});

test('a ping has the bytes of tRPC’s own producer', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] });
  const silent: Subscribe = () => () => {};
  const { streams, socket } = await startServer(silent);
  let received = '';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
  await expectEventually(() => received.includes('event: connected'));
  const reference = (await serveByTRPC(silent)).body?.pipeThrough(new TextDecoderStream());
  const reader = reference?.getReader();
  let expected = '';
  while (!expected.includes('event: ping\ndata: \n\n\n')) {
    const pull = reader?.read();
    await vi.advanceTimersByTimeAsync(10_000);
    expected += (await pull)?.value ?? '';
  }
  await expectEventually(() => received.includes('event: ping\ndata: \n\n\n'));
  const body = received.slice(received.indexOf('\r\n\r\n') + 4);
  expect(body.startsWith(expected)).toBe(true);
  await reader?.cancel();
  streams.endAll();
});

/** While timers are fake, `expect.poll` cannot wait. */
async function expectEventually(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!condition() && Date.now() < deadline) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(condition()).toBe(true);
}

test('a stream is closed after ten to fifteen minutes, without an end that clients take for the last', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  const unsubscribe = vi.fn<() => void>();
  let isSubscribed = false;
  const { socket } = await startServer(() => {
    isSubscribed = true;
    return unsubscribe;
  });
  const body = readBody(socket);
  await expectEventually(() => isSubscribed);
  await vi.advanceTimersByTimeAsync(10 * 60_000 - 1_000);
  expect(unsubscribe).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(5 * 60_000 + 11_000);
  expect(unsubscribe).toHaveBeenCalledOnce();
  expect(await body).not.toContain('event: return');
});

test('a client that disconnects is unsubscribed', async () => {
  const unsubscribe = vi.fn<() => void>();
  const { socket } = await startServer(() => unsubscribe);
  await once(socket, 'data');
  socket.resetAndDestroy();
  await expect.poll(() => unsubscribe.mock.calls.length).toBe(1);
});

test('a client that does not read is disconnected, and its memory is bounded', async () => {
  let subscriber: Subscriber | undefined;
  const unsubscribe = vi.fn<() => void>();
  const { socket } = await startServer((subscribed) => {
    subscriber = subscribed;
    return unsubscribe;
  });
  await once(socket, 'data');
  socket.pause();
  const large: SessionEvent = {
    type: 'question',
    question: { ...question, body: 'x'.repeat(1e5) },
  };
  let pushed = 0;
  // A gigabyte: far more than the kernel's buffers and the limit together.
  for (; unsubscribe.mock.calls.length === 0 && pushed < 10_000; pushed += 1) {
    subscriber?.push([{ sequence: pushed, event: large }]);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(unsubscribe).toHaveBeenCalledOnce();
  expect(pushed).toBeLessThan(200);
  socket.destroy();
});

test('endAll closes the streams without a return event, so that clients reconnect', async () => {
  const { streams, socket } = await startServer(() => () => {});
  const body = readBody(socket);
  await once(socket, 'data');
  streams.endAll();
  expect(await body).not.toContain('event: return');
});

test('a stream that opens after endAll is closed', async () => {
  const { streams, socket } = await startServer(() => () => {});
  streams.endAll();
  const body = await readBody(socket);
  expect(body).toContain('event: connected');
  expect(body).not.toContain('event: return');
});
