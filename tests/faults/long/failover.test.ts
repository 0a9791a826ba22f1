import { randomUUID } from 'node:crypto';
import { createDatabase } from '@classroom/db';
import { countWaitingCommits } from '@classroom/db/testing/inspection';
import { describe, expect, test } from 'vitest';
import { startApi } from '@classroom/api/start';
import { expectDuration, expectWithin } from '../../src/campaign.ts';
import { type ApiAddress, clientOf, createSession, sessionInput } from '../../src/client.ts';
import { storedCodes } from '../../src/embedded-server.ts';
import { createUntilStopped, forEach, times } from '../../src/load.ts';
import { scrape } from '../../src/metrics.ts';
import { startTcpProxy } from '../../src/proxies.ts';
import { startReplication } from '../../src/replication.ts';
import { subscribe } from '../../src/subscribe.ts';

const CALLERS = 10;
const SESSIONS = 100;
const SERVED_AGAIN_MS = 5_000;
const REFUSED_MS = 5_000;
const RECOVERED_MS = 10_000;
/** Calls at once, each with a connection. */
const ROUND = 20;
/** The server allows 100 connections, and the test and the API use a few for themselves. */
const FULL = 90;

/** Compares the sessions that the API acknowledged with those in a database. */
async function audit(acknowledged: readonly string[], url: string) {
  const stored = await storedCodes(url);
  return {
    lost: acknowledged.filter((code) => !stored.includes(code)),
    doubled: stored.filter((code) => !acknowledged.includes(code)),
  };
}

const NONE = { lost: [], doubled: [] };

async function countUnavailable({ url }: ApiAddress): Promise<number> {
  const labels = 'procedure="sessions.create",reason="UNAVAILABLE"';
  return (await scrape(url))(`classroom_call_duration_seconds_count{${labels}}`);
}

/** Opens a session in which a student asks questions, and subscribes to them. */
async function openLesson(api: ApiAddress) {
  const { code, hostToken } = await createSession(api);
  const join = { code, displayName: 'Grace' };
  const { participantToken } = await clientOf(api).sessions.join.mutate(join);
  const listener = await subscribe(clientOf(api, hostToken), code);
  const asked: string[] = [];
  return {
    code,
    ask: async (body: string) => {
      const input = { code, body, idempotencyKey: randomUUID() };
      await clientOf(api, participantToken).questions.submit.mutate(input);
      asked.push(body);
    },
    expectAllReceived: async () => {
      const received = () =>
        listener
          .changes()
          .flatMap(({ data }) => (data.type === 'question' ? [data.question.body] : []));
      await expect.poll(received).toEqual(asked);
    },
    [Symbol.dispose]: () => listener[Symbol.dispose](),
  };
}

describe('with synchronous replication, a killed primary loses and doubles no session', () => {
  test.each(['an address that moves', 'several hosts'] as const)('by %s', async (way) => {
    await using replication = await startReplication({ standbys: ['a'], synchronous: 'a' });
    const { primary, standbys } = replication;
    const [standby = primary] = standbys;
    await using proxy = await startTcpProxy(primary.url);
    // The standby comes first: the API must find the primary from the start.
    const hosts = `${standby.host},${primary.host}`;
    const url = `${primary.url.replace(primary.host, hosts)}?target_session_attrs=read-write`;
    await using api = await startApi({ DATABASE_URL: way === 'several hosts' ? url : proxy.url });
    using lesson = await openLesson(api);
    await lesson.ask('Before the failover?');
    await lesson.expectAllReceived();

    using load = createUntilStopped(api.url, CALLERS);
    await load.acknowledges(SESSIONS);
    await primary.kill();
    const failOver = async () => {
      await standby.promote();
      const promoted = performance.now();
      proxy.moveTo(standby.url);
      await load.acknowledges(1);
      return performance.now() - promoted;
    };
    const [servedAgainMs] = await Promise.all([failOver(), lesson.ask('During the failover?')]);
    await load.acknowledges(SESSIONS);
    await lesson.ask('After the failover?');
    await lesson.expectAllReceived();
    await load.stop();

    const unavailable = await countUnavailable(api);
    console.log(`${load.acknowledged.length} sessions, ${unavailable} calls repeated`);
    expect(load.unexpected).toEqual([]);
    expect(await audit([...load.acknowledged, lesson.code], standby.url)).toEqual(NONE);
    expect(unavailable).toBeGreaterThan(0);
    expectDuration('served again after the promotion', servedAgainMs, SERVED_AGAIN_MS);
  });
});

test('the audit finds the sessions that asynchronous replication loses', async () => {
  await using replication = await startReplication({ standbys: ['late'], synchronous: '' });
  const { primary, standbys } = replication;
  const [standby = primary] = standbys;
  await using proxy = await startTcpProxy(primary.url);
  await using api = await startApi({ DATABASE_URL: proxy.url });
  using load = createUntilStopped(api.url, CALLERS);
  await load.acknowledges(SESSIONS);
  await standby.stop();
  await load.acknowledges(SESSIONS);
  await primary.kill();
  await standby.start();
  await standby.promote();
  proxy.moveTo(standby.url);
  await load.acknowledges(SESSIONS);
  await load.stop();

  const { lost, doubled } = await audit(load.acknowledged, standby.url);
  console.log(`${lost.length} of ${load.acknowledged.length} sessions lost`);
  expect(lost.length).toBeGreaterThanOrEqual(SESSIONS);
  expect(doubled).toEqual([]);
});

test('while the only synchronous standby is away, calls are refused in time until the server is full of waiting backends, and all of them succeed later', async () => {
  await using replication = await startReplication({ standbys: ['a'], synchronous: 'a' });
  const { primary, standbys } = replication;
  const [standby = primary] = standbys;
  await using db = createDatabase(primary.url, { max: 1 });
  await using api = await startApi({
    DATABASE_URL: primary.url,
    DATABASE_POOL_MAX: String(ROUND),
  });
  const { code } = await createSession(api);
  await standby.stop();

  const inputs: (ReturnType<typeof sessionInput> & { idempotencyKey: string })[] = [];
  const durations: number[] = [];
  const refuse = async () => {
    const input = { ...sessionInput(), idempotencyKey: randomUUID() };
    inputs.push(input);
    const started = performance.now();
    const response = await fetch(`${api.url}/trpc/sessions.create`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(input),
    });
    await response.text();
    durations.push(performance.now() - started);
    expect(response.status).toBe(503);
  };
  const started = performance.now();
  let waiting = 0;
  for (; waiting < FULL; waiting = await countWaitingCommits(db)) {
    await Promise.all(times(ROUND).map(refuse));
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`${waiting} of 100 backends wait after ${inputs.length} calls in ${seconds} s`);
  expectDuration('slowest refusal', Math.max(...durations), REFUSED_MS);

  await standby.start();
  const probe = await expectWithin('recovered', RECOVERED_MS, () => createSession(api));
  expect(await countWaitingCommits(db)).toBe(0);
  const codes = [code, probe.code];
  await forEach(inputs, CALLERS, async (input) => {
    codes.push((await clientOf(api).sessions.create.mutate(input)).code);
  });
  expect(await audit(codes, primary.url)).toEqual(NONE);
});

test('with two standbys of which one has to confirm, no call fails while the other one is away', async () => {
  await using replication = await startReplication({
    standbys: ['a', 'b'],
    synchronous: 'ANY 1 (a, b)',
  });
  const { primary, standbys } = replication;
  await using api = await startApi({ DATABASE_URL: primary.url });
  using load = createUntilStopped(api.url, CALLERS);
  for (const standby of standbys) {
    await standby.stop();
    await load.acknowledges(SESSIONS);
    await standby.start();
    await replication.expectStreaming();
  }
  await load.stop();
  expect(await countUnavailable(api)).toBeNaN();
  expect(await audit(load.acknowledged, primary.url)).toEqual(NONE);
});
