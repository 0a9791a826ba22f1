import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { expectWithin } from '../src/campaign.ts';
import { createSession, plainClientOf, reasonFor, sessionInput, useApi } from '../src/client.ts';
import { type RunningApi, startApi } from '@classroom/api/start';
import { startTcpProxy } from '../src/proxies.ts';

const { database, api } = await useApi();
const proxy = await startTcpProxy(api.url);
afterAll(() => proxy[Symbol.asyncDispose]());
const as = (token?: string) => plainClientOf(proxy, token);
const open = (input = sessionInput()) => as().sessions.create.mutate(input);

describe('when a response is lost', () => {
  test('a session is created once, also without a key from the caller', async () => {
    const input = sessionInput();
    for (const _ of ['first', 'second', 'third']) {
      proxy.loseResponses(1);
      expect(await open(input)).toMatchObject({ status: 'draft' });
    }
    expect(await reasonFor(open(input))).toBe('HOST_SESSION_LIMIT');
  });

  test('a call whose response is truncated is repeated', async () => {
    proxy.loseResponses(1, 0.9);
    expect(await open()).toMatchObject({ status: 'draft' });
    expect(proxy.toLose()).toBe(0);
  });

  test('a participant joins once', async () => {
    const { code, hostToken } = await open();
    proxy.loseResponses(1);
    const { participant } = await as().sessions.join.mutate({ code, displayName: 'Ben' });
    const { items } = await as(hostToken).sessions.participants.query({ code });
    expect(items.slice(1)).toEqual([participant]);
  });

  test('a key from the caller replaces the generated one', async () => {
    const idempotencyKey = randomUUID();
    const input = { ...sessionInput(), idempotencyKey };
    proxy.loseResponses(1);
    const created = await as().sessions.create.mutate(input);
    expect(await as().sessions.create.mutate(input)).toEqual(created);
  });

  test('a mutation without a key is not repeated', async () => {
    const { code, hostToken } = await open();
    proxy.loseResponses(1);
    expect(await reasonFor(as(hostToken).sessions.extend.mutate({ code }))).toBe('UNAVAILABLE');
  });

  test('a query is repeated three times at most', async () => {
    const { code } = await open();
    const reasonWithLost = async (count: number) => {
      proxy.loseResponses(count);
      return await reasonFor(as().sessions.get.query({ code }));
    };
    // A busy server may refuse the last repetition, and a slow machine leave no time for it.
    await expect.poll(() => reasonWithLost(3)).toBe('none');
    expect(await reasonWithLost(4)).toBe('UNAVAILABLE');
    proxy.loseResponses(0);
  });
});

test('an aborted call is not repeated', async () => {
  const { code } = await open();
  proxy.loseResponses(1);
  const abort = new AbortController();
  const call = reasonFor(as().sessions.get.query({ code }, { signal: abort.signal }));
  await expect.poll(() => proxy.toLose(), { interval: 5 }).toBe(0);
  abort.abort();
  expect(await call).toBeUndefined();
  const before = await countCalls(api, 'sessions.get');
  // Longer than the pause before the first repetition.
  await sleep(600);
  expect(await countCalls(api, 'sessions.get')).toBe(before);
});

test('a call is not repeated before the Retry-After of the server', async () => {
  await using way = await startTcpProxy(database.url);
  await using alone = await startApi({ DATABASE_URL: way.url });
  const client = plainClientOf(alone);
  const { code } = await createSession(alone);
  await way[Symbol.asyncDispose]();

  const before = await countCalls(alone, 'sessions.get');
  const started = performance.now();
  expect(await reasonFor(client.sessions.get.query({ code }))).toBe('UNAVAILABLE');
  const passed = performance.now() - started;
  const tries = (await countCalls(alone, 'sessions.get')) - before;
  expect(tries).toBeGreaterThan(1);
  // Timers may fire a millisecond early.
  expect(passed).toBeGreaterThanOrEqual((tries - 1) * 990);
});

test('a call fails with UNAVAILABLE within five seconds while the database hangs', async () => {
  await using way = await startTcpProxy(database.url);
  await using alone = await startApi({ DATABASE_URL: way.url });
  const { code } = await createSession(alone);
  way.setHanging(true);
  await expectWithin('failed', 5_000, async () => {
    const call = plainClientOf(alone).sessions.get.query({ code });
    expect(await reasonFor(call)).toBe('UNAVAILABLE');
  });
  way.setHanging(false);
});

/** The number of calls of a procedure in the metrics of the API. */
async function countCalls({ url }: RunningApi, procedure: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const counts = metrics.matchAll(/_count\{procedure="([\w.]+)",reason="\w+"\} (\d+)/g);
  return [...counts]
    .filter(([, name]) => name === procedure)
    .reduce((sum, [, , count]) => sum + Number(count), 0);
}
