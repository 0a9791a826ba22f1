import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { quantile } from '@classroom/bench/statistics';
import { createTestDatabase } from '@classroom/db/testing';
import { expect, onTestFinished, test } from 'vitest';
import { expectDuration, sized } from '../../src/campaign.ts';
import { clientOf, createSession, fetchServed } from '../../src/client.ts';
import { assetsOf } from '../../src/every-request.ts';
import { expectIdle, expectToServe } from '../../src/expect-idle.ts';
import { createSessions, forEach, times } from '../../src/load.ts';
import { HTTP_CONNECTIONS, RESIDENT_BYTES, scrape, watchMetrics } from '../../src/metrics.ts';
import {
  openConnection,
  openDeliveringListener,
  type RawConnection,
  toText,
} from '../../src/raw-http.ts';
import { startApi } from '@classroom/api/start';

const SOCKETS = 300;
const MAX_GROWTH_MIB = 300;
const SERVED_MS = 500;
const MIB = 1024 * 1024;
/** The server closes a connection that is idle for a minute. */
const KEPT_OPEN_MS = 55_000;

test('300 sockets that do not read are closed and cost little memory, while calls, idle sockets and streams are served', async () => {
  await using database = await createTestDatabase();
  await using api = await startApi({ DATABASE_URL: database.url, LOG_LEVEL: 'warn' });
  const { code, hostToken } = await createSession(api);
  using stream = await openDeliveringListener(api.url, code, hostToken);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  await reusesConnection(agent, api.url);
  const idleSince = performance.now();
  const path = await largestAsset(api);
  await createSessions(api.url, 100, 4);
  const before = (await scrape(api.url))(RESIDENT_BYTES);

  const watch = watchMetrics(api.url, [RESIDENT_BYTES, HTTP_CONNECTIONS]);
  const request = toText({ method: 'GET', path });
  const sockets: RawConnection[] = [];
  await forEach(times(SOCKETS), 50, async (n) => {
    const connection = await openConnection(api.url, false);
    // The first socket sends nothing either.
    if (n > 0) await connection.write(request);
    sockets.push(connection);
  });
  let durations: readonly number[] = [];
  const served = async () => {
    const calls = await createSessions(api.url, 100, 4);
    console.log('calls:', calls.statuses);
    ({ durations } = calls);
    return calls.statuses[200];
  };
  // A busy server may refuse some, and on a slow machine most for a while.
  await expect.poll(served, { timeout: 60_000 }).toBeGreaterThan(sized(50, 90));
  expectDuration('p99 of calls', quantile(durations, 0.99), SERVED_MS);

  const connections = async () => (await scrape(api.url))(HTTP_CONNECTIONS);
  // Idle connections, as fetch keeps them, stay open for a minute.
  await expect.poll(connections, { timeout: 90_000, interval: 500 }).toBeLessThan(SOCKETS / 10);
  await watch[Symbol.asyncDispose]();
  const growth = Math.round((watch.highest(RESIDENT_BYTES) - before) / MIB);
  console.log(`memory: +${growth} MiB`);
  expect(watch.highest(HTTP_CONNECTIONS)).toBeGreaterThan(SOCKETS / 3);
  expect(growth).toBeLessThan(MAX_GROWTH_MIB);
  expect(sockets.filter(({ socket }) => socket.bytesRead > 0)).toEqual([]);

  // A slow machine may take longer than that.
  const isKeptOpen = performance.now() - idleSince < KEPT_OPEN_MS;
  const isReused = await reusesConnection(agent, api.url);
  expect(isReused || !isKeptOpen).toBe(true);
  await clientOf(api, hostToken).sessions.start.mutate({ code });
  expect(await stream.until('"active"')).toBe(true);
  await Promise.all([stream, ...sockets].map(({ disconnect }) => disconnect('destroy')));
  agent.destroy();
  await expectIdle(api);
  await expectToServe(api);
});

/** The path of the largest response without a token. */
async function largestAsset(api: { url: string }): Promise<string> {
  const paths = await Promise.all(['/docs', '/'].map((page) => assetsOf(api, page)));
  const assets = await Promise.all(
    paths.flat().map(async (path) => {
      const response = await fetchServed(`${api.url}${path}`);
      return { path, size: (await response.arrayBuffer()).byteLength };
    }),
  );
  const [largest] = assets.toSorted((a, b) => b.size - a.size);
  if (largest === undefined) throw new Error('The pages have no assets');
  return largest.path;
}

/** Calls `/livez`, and returns whether that took an existing connection. */
async function reusesConnection(agent: Agent, url: string): Promise<boolean> {
  const call = get(`${url}/livez`, { agent });
  const [response] = await once(call, 'response');
  response.resume();
  await once(response, 'end');
  return call.reusedSocket;
}
