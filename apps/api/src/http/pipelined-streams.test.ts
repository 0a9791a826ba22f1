import { once } from 'node:events';
import { connect, Socket } from 'node:net';
import { createdSession } from '@classroom/schema';
import { useTestDatabase } from '@classroom/db/testing';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { buildTestApp } from '../testing/build-test-app.ts';

const app = await buildTestApp(await useTestDatabase());
const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
afterAll(() => app.close());

const created = await app.inject({
  method: 'POST',
  url: '/trpc/sessions.create',
  payload: { title: 'Algebra I', hostDisplayName: 'Ada' },
});
const response = z.object({ result: z.object({ data: createdSession }) }).parse(created.json());
const { code, hostToken } = response.result.data;
const request = (procedure: string) =>
  `GET ${encodeURI(`/trpc/${procedure}?input={"code":"${code}"}`)} HTTP/1.1\r\n` +
  `host: x\r\nauthorization: Bearer ${hostToken}\r\n\r\n`;

function connectClient() {
  const client = connect(Number(port), '127.0.0.1');
  // The server may reset a connection that it closes.
  client.on('error', () => {});
  return client;
}

/** Sends the requests on one connection, and waits for a snapshot. */
async function openStream(requests: string) {
  const accepted = once(app.server, 'connection');
  const client = connectClient();
  let received = '';
  client.on('data', (chunk: Buffer) => (received += chunk.toString()));
  client.write(requests);
  const [socket]: unknown[] = await accepted;
  if (!(socket instanceof Socket)) throw new TypeError('no socket');
  await expect.poll(() => received).toContain('"type":"snapshot"');
  return { client, socket };
}

test('a connection opens only the first of several requested streams', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => void warnings.push(warning);
  process.on('warning', onWarning);
  const { client } = await openStream(request('sessions.events').repeat(20));
  const metrics = await app.inject('/metrics');
  expect.soft(metrics.body).toContain('\nclassroom_live_listeners 1\n');
  expect(warnings).toEqual([]);
  process.off('warning', onWarning);
  client.destroy();
});

test('a stream pipelined behind a call has the same inactivity timeout as any other', async () => {
  const alone = await openStream(request('sessions.events'));
  const behind = await openStream(request('sessions.get') + request('sessions.events'));
  expect(behind.socket.timeout).toBe(alone.socket.timeout);
  for (const { client } of [alone, behind]) client.destroy();
});

test('a stream followed by an incomplete request ends with its client', async () => {
  const { client, socket } = await openStream(`${request('sessions.events')}GET /livez HTT`);
  client.end();
  await expect.poll(() => socket.destroyed).toBe(true);
});

test('a request target with a fragment opens no stream', async () => {
  const client = connectClient();
  let received = '';
  client.on('data', (chunk: Buffer) => (received += chunk.toString()));
  client.write(request('sessions.events').replace(' HTTP/', '#&batch=1 HTTP/'));
  await expect.poll(() => received).toMatch(/^HTTP\/1.1 400 .*"reason":"INVALID_INPUT"/s);
  client.destroy();
  const listeners = async () => (await app.inject('/metrics')).body;
  await expect.poll(listeners).toContain('\nclassroom_live_listeners 0\n');
});

test('HEAD of a mutation calls no procedure', async () => {
  const { statusCode } = await app.inject({ method: 'HEAD', url: '/trpc/sessions.create' });
  expect(statusCode).toBe(204);
});
