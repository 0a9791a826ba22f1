import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { useTestDatabase } from '@classroom/db/testing';
import { createdSession } from '@classroom/schema';
import { fastify } from 'fastify';
import { afterEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { buildTestApp } from '../testing/build-test-app.ts';
import { listen } from './listen.ts';

const HOST = '127.0.0.1';

test.runIf(process.platform === 'linux')(
  'many connections are accepted in a few turns of the event loop',
  async () => {
    const app = fastify();
    const listening = await listen(app, { host: HOST, port: 0 });
    let accepted = 0;
    app.server.on('connection', () => (accepted += 1));
    const clients = Array.from({ length: 200 }, () =>
      connect(Number(new URL(listening.address).port), HOST),
    );
    // The kernel completes all of them before the server has a turn to accept any.
    const turns = await turnsUntil(() => accepted === clients.length);
    expect(turns).toBeLessThan(100);
    for (const client of clients) client.destroy();
    await listening[Symbol.asyncDispose]();
  },
);

/** Counts turns of the event loop, each of which takes 10 ms as under load. */
async function turnsUntil(condition: () => boolean): Promise<number> {
  let turns = 0;
  for (; !condition() && turns < 1_000; turns += 1) {
    for (const end = performance.now() + 10; performance.now() < end;);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return turns;
}

test('a port that another server shares is refused in one line', async () => {
  const first = fastify();
  await using listening = await listen(first, { host: HOST, port: 0 });
  const second = fastify();
  const again = listen(second, { host: HOST, port: Number(new URL(listening.address).port) });
  await expect(again).rejects.toThrow(/^PORT \d+: already in use; /);
});

test('an address that the machine does not have is refused in one line', async () => {
  const listening = listen(fastify(), { host: '203.0.113.1', port: 0 });
  await expect(listening).rejects.toThrow(/^HOST 203\.0\.113\.1: not an address of this machine; /);
});

test('closing completes the requests in flight on every listening socket', async () => {
  const app = fastify();
  const response = Promise.withResolvers<string>();
  let received = 0;
  app.get('/', async () => {
    received += 1;
    return await response.promise;
  });
  const listening = await listen(app, { host: HOST, port: 0 });
  const responses = Array.from({ length: 64 }, () => {
    const client = connect(Number(new URL(listening.address).port), HOST);
    client.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    return text(client);
  });
  await expect.poll(() => received).toBe(responses.length);
  const closed = listening[Symbol.asyncDispose]();
  response.resolve('served');
  for (const each of await Promise.all(responses)) expect(each).toContain('served');
  await closed;
  const late = connect(Number(new URL(listening.address).port), HOST);
  const [error] = await once(late, 'error');
  expect(error).toMatchObject({ code: 'ECONNREFUSED' });
});

/** Stops the timer that cuts the connections five seconds after a server has started to close. */
function useUncutConnections(): void {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
}

afterEach(() => void vi.useRealTimers());

const AT_ONCE = 100;

test('requests that arrive before the server closes get responses, on new connections too', async () => {
  const app = await buildTestApp(await useTestDatabase());
  const { port } = new URL(await app.listen({ host: HOST, port: 0 }));
  const closed = new Promise<void>((resolve, reject) => {
    let arrived = 0;
    app.server.on('request', () => {
      arrived += 1;
      if (arrived < AT_ONCE) return;
      useUncutConnections();
      void app.close().then(resolve, reject);
    });
  });
  const responses = Array.from({ length: AT_ONCE }, () => {
    const socket = connect(Number(port), HOST);
    const path = encodeURI('/trpc/sessions.get?input={"code":"CCCCCC"}');
    socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
    return text(socket);
  });
  const statuses = (await Promise.all(responses)).map((response) => response.slice(9, 12));
  expect(statuses.filter((status) => status !== '404' && status !== '503')).toEqual([]);
  await closed;
});

test('closing ends the streams at once, without an end that clients take for the last', async () => {
  const app = await buildTestApp(await useTestDatabase());
  const { port } = new URL(await app.listen({ host: HOST, port: 0 }));
  const payload = { title: 'Algebra I', hostDisplayName: 'Ada' };
  const created = await app.inject({ method: 'POST', url: '/trpc/sessions.create', payload });
  const answer = z.object({ result: z.object({ data: createdSession }) }).parse(created.json());
  const { code, hostToken } = answer.result.data;
  const socket = connect(Number(port), HOST);
  const path = encodeURI(`/trpc/sessions.events?input={"code":"${code}"}`);
  socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${hostToken}\r\n\r\n`);
  const stream = text(socket);
  await once(socket, 'data');
  useUncutConnections();
  const closed = app.close();
  const body = await stream;
  expect(body).toContain('event: connected');
  expect(body).not.toContain('event: return');
  await closed;
});
