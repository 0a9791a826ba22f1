import { createTestDatabase } from '@classroom/db/testing';
import { describe, expect, test } from 'vitest';
import { sized } from '../src/campaign.ts';
import { clientOf, createSession } from '../src/client.ts';
import { expectIdle, expectToServe } from '../src/expect-idle.ts';
import { forEach, times } from '../src/load.ts';
import {
  openConnection,
  openListener,
  openDeliveringListener,
  openServedListener,
  type RawListener,
  streamRequest,
  toText,
} from '../src/raw-http.ts';
import { LIVE_LISTENERS, RESIDENT_BYTES, scrape, watchMetrics } from '../src/metrics.ts';
import { type RunningApi, startApi } from '@classroom/api/start';

const STREAMS_PER_TOKEN = 8;
const MIB = 1024 * 1024;

/** Starts an API with these settings, and creates a session. */
async function startWith(env: Record<string, string>) {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await createTestDatabase());
  const settings = { DATABASE_URL: database.url, LOG_LEVEL: 'warn', ...env };
  const api = stack.use(await startApi(settings));
  const { code, hostToken } = await createSession(api);
  const owned = stack.move();
  return {
    api,
    code,
    hostToken,
    listeners: async () => (await scrape(api.url))(LIVE_LISTENERS),
    open: (token = hostToken) => openListener(api.url, code, token),
    openDelivering: (token = hostToken) => openDeliveringListener(api.url, code, token),
    openServed: () => openServedListener(api.url, code, hostToken),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Opens streams one after another: the first is the oldest. */
async function openOneByOne(count: number, open: () => Promise<RawListener>) {
  const streams: RawListener[] = [];
  for (let n = 0; n < count; n += 1) {
    const stream = await open();
    expect(stream.status, stream.received()).toBe(200);
    expect(await stream.until('"type":"snapshot"'), stream.received()).toBe(true);
    streams.push(stream);
  }
  return streams;
}

/** Serves streams until the process has its working size, and returns that. */
async function warmUp({
  api,
  code,
  hostToken,
}: {
  api: RunningApi;
  code: string;
  hostToken: string;
}) {
  await forEach(times(sized(100, 500)), 20, async () => {
    const stream = await openListener(api.url, code, hostToken);
    await stream.disconnect('destroy');
  });
  await expectIdle(api);
  return (await scrape(api.url))(RESIDENT_BYTES);
}

const isOpen = ({ socket }: RawListener) => !socket.destroyed;
const close = (streams: readonly RawListener[]) =>
  Promise.all(streams.map(({ disconnect }) => disconnect('destroy')));

describe('streams of one token', () => {
  test('a ninth stream is served and ends the oldest with RATE_LIMITED', async () => {
    await using server = await startWith({ RATE_LIMITS: 'on' });
    const streams = await openOneByOne(STREAMS_PER_TOKEN + 1, server.openDelivering);
    const [oldest, ...others] = streams;
    await expect.poll(() => oldest?.received()).toContain('event: serialized-error');
    await expect.poll(() => oldest?.received()).toContain('"reason":"RATE_LIMITED"');
    await expect.poll(() => streams.filter(isOpen).length).toBe(STREAMS_PER_TOKEN);
    expect(others.filter(isOpen)).toHaveLength(STREAMS_PER_TOKEN);
    expect(others.filter(({ received }) => received().includes('serialized-error'))).toEqual([]);
    await expect.poll(server.listeners).toBe(STREAMS_PER_TOKEN);
    await close(streams);
    await expectIdle(server.api);
  });

  test('hundreds of streams of one token leave the last eight', async () => {
    await using server = await startWith({ RATE_LIMITS: 'on' });
    const { api } = server;
    const before = await warmUp(server);
    const watch = watchMetrics(api.url, [RESIDENT_BYTES]);
    const streams: RawListener[] = [];
    const statuses: Record<number, number> = {};
    await forEach(times(sized(120, 1_000)), 50, async () => {
      const stream = await server.openDelivering();
      statuses[stream.status] = (statuses[stream.status] ?? 0) + 1;
      streams.push(stream);
    });
    await watch[Symbol.asyncDispose]();
    const growth = (watch.highest(RESIDENT_BYTES) - before) / MIB;
    console.log('streams of one token:', statuses, `+${Math.round(growth)} MiB`);
    expect.soft(Object.keys(statuses).filter((status) => !/200|429/.test(status))).toEqual([]);
    expect.soft(statuses[200]).toBeGreaterThanOrEqual(STREAMS_PER_TOKEN);
    expect.soft(growth).toBeLessThan(200);
    await expect
      .poll(() => streams.filter((stream) => isOpen(stream) && stream.status === 200).length)
      .toBe(STREAMS_PER_TOKEN);
    await expect.poll(server.listeners).toBe(STREAMS_PER_TOKEN);
    await close(streams);
    await expectIdle(api);
    await expectToServe(api);
  });

  test('twenty streams of one token stay open while RATE_LIMITS is off', async () => {
    await using server = await startWith({ RATE_LIMITS: 'off' });
    const { api, code, hostToken } = server;
    const streams = await openOneByOne(20, server.openDelivering);
    await clientOf(api, hostToken).sessions.start.mutate({ code });
    const hasStarted = ({ received }: RawListener) => received().includes('"type":"session"');
    await expect.poll(() => streams.filter(hasStarted).length).toBe(20);
    expect(streams.filter(isOpen)).toHaveLength(20);
    expect(await server.listeners()).toBe(20);
    await close(streams);
    await expectIdle(api);
  });
});

test('streams that clients reset as they open leave no listener and little memory', async () => {
  await using server = await startWith({ RATE_LIMITS: 'off' });
  const { api, code, hostToken } = server;
  const bytes = toText(streamRequest(code, hostToken));
  const before = await warmUp(server);
  const watch = watchMetrics(api.url, [RESIDENT_BYTES]);
  const count = sized(120, 1_000);
  await forEach(times(count), 50, async () => {
    const early = await openConnection(api.url);
    await early.write(bytes);
    await new Promise((resolve) => setTimeout(resolve, 1));
    await early.disconnect('reset');

    const stream = await server.openServed();
    expect(stream.status).toBe(200);
    await stream.disconnect('reset');
  });
  await watch[Symbol.asyncDispose]();
  const growth = (watch.highest(RESIDENT_BYTES) - before) / MIB;
  console.log(`${2 * count} streams reset: +${Math.round(growth)} MiB`);
  expect.soft(growth).toBeLessThan(100);
  await expect.poll(server.listeners).toBe(0);
  await expectIdle(api);
  await expectToServe(api);
});

test('a session serves twice MAX_PARTICIPANTS streams and refuses more with SESSION_FULL', async () => {
  await using server = await startWith({ RATE_LIMITS: 'on', MAX_PARTICIPANTS: '2' });
  const { api, code } = server;
  const { participantToken } = await clientOf(api).sessions.join.mutate({
    code,
    displayName: 'Ben',
  });
  const ofHost = await openOneByOne(2, server.openDelivering);
  const ofBen = await openOneByOne(2, () => server.openDelivering(participantToken));
  const refused = await server.openDelivering();
  // tRPC sends the errors of a subscription in the stream.
  await expect.poll(() => refused.received()).toContain('event: serialized-error');
  expect(refused.received()).toContain('"httpStatus":409,"reason":"SESSION_FULL","limit":4');
  expect([...ofHost, ...ofBen].filter(isOpen)).toHaveLength(4);

  // A stream that closes makes room for another.
  await close(ofHost.slice(0, 1));
  await expect.poll(server.listeners).toBe(3);
  const next = await openOneByOne(1, server.openDelivering);
  await close([...ofHost, ...ofBen, ...next, refused]);
  await expectIdle(api);
});

test('a process serves MAX_LISTENERS streams and refuses more with UNAVAILABLE', async () => {
  await using server = await startWith({ RATE_LIMITS: 'on', MAX_LISTENERS: '3' });
  const streams = await openOneByOne(3, server.openDelivering);
  const refused = await server.open();
  expect(refused.status).toBe(503);
  expect(refused.received()).toMatch(/^retry-after: \d+\r$/im);
  expect(await refused.until('"reason":"UNAVAILABLE"'), refused.received()).toBe(true);
  expect(streams.filter(isOpen)).toHaveLength(3);
  await close([...streams, refused]);
  await expectIdle(server.api);
  await expectToServe(server.api);
});

test('clients that disconnect while their streams open take no place under MAX_LISTENERS', async () => {
  await using server = await startWith({ RATE_LIMITS: 'off', MAX_LISTENERS: '3' });
  const { api, code, hostToken } = server;
  const bytes = toText(streamRequest(code, hostToken));
  await forEach(times(100), 3, async () => {
    const early = await openConnection(api.url);
    await early.write(bytes);
    await early.disconnect('reset');
  });
  await expectIdle(api);
  // A busy process may refuse a stream for another reason; a place that is lost stays so.
  const served = async () => {
    const stream = await server.open();
    await stream.disconnect('reset');
    return stream.status;
  };
  await expect.poll(served).toBe(200);
  await expectIdle(api);
});
