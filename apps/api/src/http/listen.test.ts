import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { fastify } from 'fastify';
import { expect, test } from 'vitest';
import { listen } from './listen.ts';

const HOST = '127.0.0.1';

test.runIf(process.platform === 'linux')(
  'many connections are accepted in a few turns of the event loop',
  async () => {
    const app = fastify();
    const { address, close } = await listen(app, { host: HOST, port: 0 });
    let accepted = 0;
    app.server.on('connection', () => (accepted += 1));
    const clients = Array.from({ length: 200 }, () => connect(Number(new URL(address).port), HOST));
    // The kernel completes all of them before the server has a turn to accept any.
    const turns = await turnsUntil(() => accepted === clients.length);
    expect(turns).toBeLessThan(100);
    for (const client of clients) client.destroy();
    await close();
  },
);

/** Counts turns of 10 ms, in each of which a thread that has nothing else to do would accept more. */
async function turnsUntil(condition: () => boolean): Promise<number> {
  let turns = 0;
  for (; !condition() && turns < 1_000; turns += 1) {
    for (const end = performance.now() + 10; performance.now() < end;);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return turns;
}

test('a port that another server listens on is refused, shared or not', async () => {
  const first = fastify();
  const { address, close } = await listen(first, { host: HOST, port: 0 });
  const second = fastify();
  const again = listen(second, { host: HOST, port: Number(new URL(address).port) });
  await expect(again).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await close();
});

test('closing answers what is in flight on every listening socket', async () => {
  const app = fastify();
  const answer = Promise.withResolvers<string>();
  let asked = 0;
  app.get('/', async () => {
    asked += 1;
    return await answer.promise;
  });
  const { address, close } = await listen(app, { host: HOST, port: 0 });
  const responses = Array.from({ length: 64 }, () => {
    const client = connect(Number(new URL(address).port), HOST);
    client.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    return text(client);
  });
  await expect.poll(() => asked).toBe(responses.length);
  const closed = close();
  answer.resolve('served');
  for (const response of await Promise.all(responses)) expect(response).toContain('served');
  await closed;
  const late = connect(Number(new URL(address).port), HOST);
  const [error] = await once(late, 'error');
  expect(error).toMatchObject({ code: 'ECONNREFUSED' });
});
