import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { createClient } from '@classroom/client';
import { createTestDatabase } from '@classroom/db/testing';
import { expect, onTestFinished, test } from 'vitest';
import { openStream } from '../src/open-stream.ts';
import { startApi } from '../src/start-api.ts';

const SOCKETS = 300;
const MAX_GROWTH_MIB = 300;
/** The server allows 15 s without progress; filling the buffers of the system may take as long. */
const PATIENCE_MS = 90_000;

test('a socket that does not read or sends nothing is closed; idle sockets and streams stay', async () => {
  await using database = await createTestDatabase();
  await using api = await startApi({ DATABASE_URL: database.url, LOG_LEVEL: 'warn' });
  const { code, hostToken } = await createClient({
    url: `${api.url}/trpc`,
  }).sessions.create.mutate({ title: 'Algebra I', hostDisplayName: `Ada ${randomUUID()}` });
  using stream = await openStream(api.url, code, hostToken);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const request = await askForScript(api.url);
  await reuses(agent, api.url);

  const open = await countConnections(api.url);
  // More than the buffers of the system take.
  await send(api.url, [request.repeat(8), '']);
  const count = () => countConnections(api.url);
  await expect.poll(count).toBeGreaterThanOrEqual(open + 2);
  // Less than the minute that idle connections, those of fetch among them, are kept.
  await expect.poll(count, { timeout: 45_000, interval: 500 }).toBeLessThanOrEqual(open);

  expect(await reuses(agent, api.url)).toBe(true);
  const host = createClient({ url: `${api.url}/trpc`, token: hostToken });
  await host.sessions.start.mutate({ code });
  await stream.until('"active"');
});

test('300 sockets that do not read cost little memory, and are closed', async () => {
  await using database = await createTestDatabase();
  await using api = await startApi({ DATABASE_URL: database.url, LOG_LEVEL: 'warn' });
  const request = await askForScript(api.url);
  const open = await countConnections(api.url);
  const before = await memoryOf(api.child.pid);
  await send(api.url, Array<string>(SOCKETS).fill(request));

  const counts: number[] = [];
  let memory = before;
  const count = async () => {
    memory = Math.max(memory, await memoryOf(api.child.pid));
    counts.push(await countConnections(api.url));
    return counts.at(-1);
  };
  await expect.poll(count, { timeout: PATIENCE_MS, interval: 500 }).toBeLessThanOrEqual(open);
  console.log(`memory of the process: ${before} → ${memory} MiB`);
  expect(Math.max(...counts)).toBeGreaterThan(open + 100);
  expect(memory - before).toBeLessThan(MAX_GROWTH_MIB);
});

/** The largest response that there is. */
async function askForScript(url: string): Promise<string> {
  const page = await fetch(`${url}/docs`);
  const [, script = ''] = /<script src="([^"]+)"/.exec(await page.text()) ?? [];
  const { pathname } = new URL(script, page.url);
  return `GET ${pathname} HTTP/1.1\r\nHost: a\r\n\r\n`;
}

/** Sends each on a socket of its own that never reads. */
async function send(url: string, requests: readonly string[]): Promise<void> {
  const { hostname, port } = new URL(url);
  const sockets = requests.map((request) => {
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    socket.write(request);
    return socket;
  });
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
}

/** Asks for something, and says whether that took a connection that was there before. */
async function reuses(agent: Agent, url: string): Promise<boolean> {
  const call = get(`${url}/livez`, { agent });
  const [response] = await once(call, 'response');
  response.resume();
  await once(response, 'end');
  return call.reusedSocket;
}

async function countConnections(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^classroom_http_connections (\d+)$/m.exec(metrics)?.[1]);
}

/** In MiB. */
async function memoryOf(pid: number | undefined): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Math.round(Number(stdout) / 1024);
}
