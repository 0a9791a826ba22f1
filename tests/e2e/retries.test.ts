import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { clientOf } from '../src/client-of.ts';
import { reasonFor } from '../src/reason-for.ts';
import { type RunningApi, startApi } from '../src/start-api.ts';
import { startTcpProxy } from '../src/tcp-proxy.ts';
import { useApi } from '../src/use-api.ts';

const { database, api } = await useApi();
const wifi = await startTcpProxy(api.url);
afterAll(() => wifi[Symbol.asyncDispose]());
const as = (token?: string) => clientOf(wifi, token);

const open = (hostDisplayName = `Ada ${randomUUID()}`) =>
  as().sessions.create.mutate({ title: 'Algebra I', hostDisplayName });

describe('when an answer is lost on the way', () => {
  test('the session is created once, without a key from the caller', async () => {
    const host = `Ada ${randomUUID()}`;
    for (const _ of ['first', 'second', 'third']) {
      wifi.loseAnswers(1);
      expect(await open(host)).toMatchObject({ status: 'draft' });
    }
    expect(await reasonFor(open(host))).toBe('HOST_SESSION_LIMIT');
  });

  test('half an answer is none', async () => {
    wifi.loseAnswers(1, 0.9);
    expect(await open()).toMatchObject({ status: 'draft' });
    expect(wifi.toLose()).toBe(0);
  });

  test('the participant joins once', async () => {
    const { code, hostToken } = await open();
    wifi.loseAnswers(1);
    const { participant } = await as().sessions.join.mutate({ code, displayName: 'Ben' });
    const { items } = await as(hostToken).sessions.participants.query({ code });
    expect(items.slice(1)).toEqual([participant]);
  });

  test('a key from the caller is the one that is sent', async () => {
    const idempotencyKey = randomUUID();
    const input = { title: 'Algebra I', hostDisplayName: `Ada ${randomUUID()}`, idempotencyKey };
    wifi.loseAnswers(1);
    const created = await as().sessions.create.mutate(input);
    expect(await as().sessions.create.mutate(input)).toEqual(created);
  });

  test('a mutation without a key is not repeated', async () => {
    const { code, hostToken } = await open();
    wifi.loseAnswers(1);
    expect(await reasonFor(as(hostToken).sessions.prolong.mutate({ code }))).toBe('UNAVAILABLE');
  });

  test('a query is repeated three times, and not a fourth', async () => {
    const { code } = await open();
    wifi.loseAnswers(3);
    expect(await reasonFor(as().sessions.get.query({ code }))).toBe('none');
    wifi.loseAnswers(4);
    expect(await reasonFor(as().sessions.get.query({ code }))).toBe('UNAVAILABLE');
  });
});

test('a call that is given up is not repeated', async () => {
  const { code } = await open();
  wifi.loseAnswers(1);
  const giveUp = new AbortController();
  const call = reasonFor(as().sessions.get.query({ code }, { signal: giveUp.signal }));
  await expect.poll(() => wifi.toLose(), { interval: 5 }).toBe(0);
  giveUp.abort();
  expect(await call).toBeUndefined();
  const lookedUp = await countCalls(api, 'sessions.get');
  // Longer than the wait before the first repetition.
  await sleep(600);
  expect(await countCalls(api, 'sessions.get')).toBe(lookedUp);
});

test('nobody comes back before the server asks for it', async () => {
  await using way = await startTcpProxy(database.url);
  await using alone = await startApi({ DATABASE_URL: way.url });
  const client = clientOf(alone);
  const { code } = await open();
  expect(await client.sessions.get.query({ code })).toMatchObject({ code });
  await way[Symbol.asyncDispose]();

  const started = performance.now();
  expect(await reasonFor(client.sessions.get.query({ code }))).toBe('UNAVAILABLE');
  const passed = performance.now() - started;
  const tries = (await countCalls(alone, 'sessions.get')) - 1;
  expect(tries).toBeGreaterThan(1);
  expect(passed).toBeGreaterThanOrEqual((tries - 1) * 1_000);
});

test('while the database hangs, a caller knows within five seconds', async () => {
  await using way = await startTcpProxy(database.url);
  await using alone = await startApi({ DATABASE_URL: way.url });
  const client = clientOf(alone);
  const { code } = await open();
  expect(await client.sessions.get.query({ code })).toMatchObject({ code });
  way.setHanging(true);
  const started = performance.now();
  expect(await reasonFor(client.sessions.get.query({ code }))).toBe('UNAVAILABLE');
  expect(performance.now() - started).toBeLessThan(5_000);
});

/** How often the procedure was called, as the API counts it. */
async function countCalls({ url }: RunningApi, procedure: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const counts = metrics.matchAll(/_count\{procedure="([\w.]+)",reason="\w+"\} (\d+)/g);
  return [...counts]
    .filter(([, name]) => name === procedure)
    .reduce((sum, [, , count]) => sum + Number(count), 0);
}
