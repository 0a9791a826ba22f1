import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '@classroom/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectDuration } from '../src/campaign.ts';
import { clientOf, createSession, plainClientOf } from '../src/client.ts';
import { forEach, times } from '../src/load.ts';
import { LIVE_LISTENERS, scrape, SHED_REQUESTS } from '../src/metrics.ts';
import { type Deployment, hasNginx, startDeployment } from '../src/nginx.ts';
import { openDeliveringListener, type RawListener } from '../src/raw-http.ts';
import { subscribe, type TestSubscription } from '../src/subscribe.ts';
import { inOneWindow, reasonFrom, sendCodesFrom, WRONG_CODE } from '../src/wrong-codes.ts';

describe.skipIf(!hasNginx)('behind nginx (skipped where nginx is not installed)', () => {
  let proxy: Deployment;
  beforeAll(async () => {
    // The last test lets students join as fast as they can for as long as a process stops.
    proxy = await startDeployment({ MAX_PARTICIPANTS: '100000' });
  });
  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]();
  });

  test('a session is created and joined, and questions are submitted and voted for, through both processes', async () => {
    const { code, hostToken } = await createSession(proxy);
    await clientOf(proxy, hostToken).sessions.start.mutate({ code });
    const join = async (displayName: string) => {
      const joined = await clientOf(proxy).sessions.join.mutate({ code, displayName });
      return clientOf(proxy, joined.participantToken).questions;
    };
    const ben = await join('Ben');
    const cleo = await join('Cleo');
    const question = await ben.submit.mutate({ code, body: 'Why?' });
    await cleo.vote.mutate({ questionId: question.id, on: true });
    expect((await ben.list.query({ code })).items).toEqual([{ ...question, votes: 1 }]);
    for (const { url } of [proxy.one, proxy.other]) {
      const metrics = await fetch(`${url}/metrics`);
      expect(await metrics.text()).toMatch(/classroom_call_duration_seconds_count\{.*"ok"/);
    }
  });

  test('a subscriber receives changes of either process within three seconds', async () => {
    const { code, hostToken } = await createSession(proxy);
    await clientOf(proxy, hostToken).sessions.start.mutate({ code });
    const joined = await clientOf(proxy).sessions.join.mutate({ code, displayName: 'Ben' });
    using subscription = await subscribe(clientOf(proxy, hostToken), code);
    const receives = (body: string) =>
      subscription.received.some(
        ({ data }) => data.type === 'question' && data.question.body === body,
      );
    for (const [way, at] of Object.entries({
      'the proxy': proxy,
      'one process': proxy.one,
      'the other': proxy.other,
    })) {
      const body = `Is it ${way}?`;
      const sent = performance.now();
      await clientOf(at, joined.participantToken).questions.submit.mutate({ code, body });
      await expect.poll(() => receives(body), { interval: 2 }).toBe(true);
      expectDuration(`delivered through ${way}`, performance.now() - sent, 3_000);
    }
    expect(subscription.connections()).toBe(1);
  });

  test('six hundred streams of a session are open at once in one process, and all deliver a change', async () => {
    const { code, hostToken } = await createSession(proxy);
    using open = new DisposableStack();
    const streams: RawListener[] = [];
    await forEach(times(600), 50, async () => {
      streams.push(open.use(await openDeliveringListener(proxy.url, code, hostToken)));
    });
    const listeners = () => Promise.all([proxy.one, proxy.other].map(countListeners));
    await expect.poll(async () => (await listeners()).toSorted((a, b) => a - b)).toEqual([0, 600]);
    await clientOf(proxy, hostToken).sessions.start.mutate({ code });
    const delivered = await Promise.all(streams.map(({ until }) => until('"status":"active"')));
    expect(delivered.filter((isDelivered) => !isDelivered)).toEqual([]);
  });

  test('no spelling of the path reaches /metrics', async () => {
    expect((await fetch(`${proxy.one.url}/metrics`)).status).toBe(200);
    for (const path of [
      '/metrics',
      '/metrics?x=1',
      '/metrics#x',
      '/metrics/',
      '//metrics',
      '/./metrics',
      '/docs/../metrics',
      '/%6detrics',
      '/METRICS',
      '/metrics;x',
      '/metrics%3Fx',
      '/metrics%2F',
      `${proxy.url}/metrics`,
    ]) {
      const response = await responseTo(() => request(proxy.url, { path }));
      expect(response.statusCode, path).toBe(404);
      expect(await text(response), path).not.toContain('classroom_');
    }
  });

  test('no call fails and no change is missed while one of two processes stops', async () => {
    const { code, hostToken } = await createSession(proxy);
    using open = new DisposableStack();
    const subscriptions: TestSubscription[] = [];
    while (subscriptions.length < 4) {
      subscriptions.push(open.use(await subscribe(clientOf(proxy, hostToken), code)));
    }
    const reasons: string[] = [];
    const stopping = new AbortController();
    const callUntilStopped = async (n: number) => {
      const { get, join } = plainClientOf(proxy).sessions;
      for (let nth = 0; !stopping.signal.aborted; nth += 1) {
        const displayName = `Student ${n}, ${nth}`;
        const call = nth % 2 === 0 ? get.query({ code }) : join.mutate({ code, displayName });
        reasons.push(await call.then(() => 'none', outcomeOfError));
        await sleep(10);
      }
    };
    const calls = times(8).map(callUntilStopped);
    await expect.poll(() => reasons.length).toBeGreaterThan(100);
    const before = reasons.length;
    const [stopped, other] =
      (await countListeners(proxy.one)) > 0 ? [proxy.one, proxy.other] : [proxy.other, proxy.one];
    stopped.child.kill('SIGTERM');
    expect(await stopped.exit).toBe(0);
    const after = reasons.length;
    await expect.poll(() => reasons.length).toBeGreaterThan(after + 100);
    stopping.abort();
    await Promise.all(calls);
    console.log(
      `calls: ${before} before, ${after - before} during, ${reasons.length - after} after`,
    );
    // On a slow machine, load shedding may refuse a call and all its repetitions.
    const isShedding = (await scrape(other.url))(SHED_REQUESTS) > 0;
    const accepted = new Set(isShedding ? ['none', 'UNAVAILABLE'] : ['none']);
    expect(reasons.filter((reason) => !accepted.has(reason))).toEqual([]);

    await clientOf(proxy, hostToken).sessions.start.mutate({ code });
    for (const subscription of subscriptions) {
      await expect.poll(() => subscription.changes().length).toBe(2);
      expect(subscription.ended()).toBeUndefined();
    }
    const [subscription] = subscriptions;
    // The streams of the stopped process would count for 40 seconds if it had not published their end.
    await expect.poll(() => subscription?.presence()).toEqual({ listening: 4, participants: 1 });
    expect(subscriptions.every(({ connections }) => connections() > 1)).toBe(true);
  });
});

const countListeners = async ({ url }: { url: string }) => (await scrape(url))(LIVE_LISTENERS);

const outcomeOfError = (error: unknown) => reasonOf(error) ?? String(error);

describe.skipIf(!hasNginx)('callers through nginx (skipped where nginx is not installed)', () => {
  let proxy: Deployment;
  beforeAll(async () => {
    proxy = await startDeployment({ TRUST_PROXY: '127.0.0.1/32', RATE_LIMITS: 'on' });
  });
  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]();
  });

  test('share the limit of their address regardless of X-Forwarded-For', async () => {
    await inOneWindow(async () => {
      // Each of the two processes allows a hundred.
      for (const n of times(40)) await sendCodesFrom(proxy, `192.0.2.${n}`, 10);
      for (const n of times(4)) {
        expect(await reasonFrom(proxy, `192.0.2.${40 + n}`)).toBe('RATE_LIMITED');
      }
    });
  });

  test.skipIf(process.platform !== 'linux')(
    'have a limit for each address (skipped where loopback has one address)',
    async () => {
      await inOneWindow(async () => {
        await sendCodesFrom(proxy, '', 400);
        expect(await statusFrom('127.0.0.1', proxy.url)).toBe(429);
        expect(await statusFrom('127.0.0.2', proxy.url)).toBe(404);
      });
    },
  );
});

/** Repeats a request while a busy server refuses it. */
async function responseTo(send: () => ClientRequest): Promise<IncomingMessage> {
  const response = await new Promise<IncomingMessage>((resolve, reject) =>
    send().once('response', resolve).once('error', reject).end(),
  );
  if (response.statusCode !== 503) return response;
  response.resume();
  return await responseTo(send);
}

/** Looks a wrong code up from an address of loopback. */
async function statusFrom(localAddress: string, url: string): Promise<number | undefined> {
  const input = encodeURIComponent(JSON.stringify({ code: WRONG_CODE }));
  const path = `/trpc/sessions.get?input=${input}`;
  const response = await responseTo(() => request(url, { path, localAddress, agent: false }));
  response.resume();
  return response.statusCode;
}
