import { randomUUID } from 'node:crypto';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '@classroom/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf } from '../src/client-of.ts';
import { guessFrom, reasonFrom, WRONG_CODE } from '../src/guess.ts';
import { type Ear, hear } from '../src/hear.ts';
import { type OpenStream, openStream } from '../src/open-stream.ts';
import { type Deployment, startDeployment } from '../src/start-deployment.ts';
import { hasNginx } from '../src/start-nginx.ts';

const create = (at: { url: string }) =>
  clientOf(at).sessions.create.mutate({
    title: 'Algebra I',
    hostDisplayName: `Ada ${randomUUID()}`,
  });

describe.skipIf(!hasNginx)('behind nginx (skipped where nginx is not installed)', () => {
  let proxy: Deployment;
  beforeAll(async () => {
    proxy = await startDeployment();
  });
  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]();
  });

  test('a session is created, joined, asked and voted, by calls that both processes answer', async () => {
    const { code, hostToken } = await create(proxy);
    await clientOf(proxy, hostToken).sessions.start.mutate({ code });
    const join = async (displayName: string) => {
      const joined = await clientOf(proxy).sessions.join.mutate({ code, displayName });
      return clientOf(proxy, joined.participantToken).questions;
    };
    const ben = await join('Ben');
    const cleo = await join('Cleo');
    const asked = await ben.submit.mutate({ code, body: 'Why?' });
    await cleo.vote.mutate({ questionId: asked.id, on: true });
    expect((await ben.list.query({ code })).items).toEqual([{ ...asked, votes: 1 }]);
    for (const { url } of [proxy.one, proxy.other]) {
      const metrics = await fetch(`${url}/metrics`);
      expect(await metrics.text()).toMatch(/classroom_call_duration_seconds_count\{.*"ok"/);
    }
  });

  test('a change is heard at once, through whichever process it goes', async () => {
    const { code, hostToken } = await create(proxy);
    await clientOf(proxy, hostToken).sessions.start.mutate({ code });
    const joined = await clientOf(proxy).sessions.join.mutate({ code, displayName: 'Ben' });
    using ear = await hear(clientOf(proxy, hostToken), code);
    const hears = (body: string) =>
      ear.heard.some(({ data }) => data.type === 'question' && data.question.body === body);
    for (const [way, at] of Object.entries({
      'the proxy': proxy,
      'one process': proxy.one,
      'the other': proxy.other,
    })) {
      const body = `Is it ${way}?`;
      const sent = performance.now();
      await clientOf(at, joined.participantToken).questions.submit.mutate({ code, body });
      await expect.poll(() => hears(body), { interval: 2, timeout: 20_000 }).toBe(true);
      const ms = performance.now() - sent;
      console.log(`heard ${Math.round(ms)} ms after it was sent through ${way}`);
      expect(ms).toBeLessThan(3_000);
    }
    expect(ear.connections()).toBe(1);
  });

  test('six hundred listen at once, and all hear a change', async () => {
    const { code, hostToken } = await create(proxy);
    using open = new DisposableStack();
    const streams: OpenStream[] = [];
    while (streams.length < 600) {
      const some = Array.from({ length: 50 }, () => openStream(proxy.url, code, hostToken));
      streams.push(...(await Promise.all(some)).map((stream) => open.use(stream)));
    }
    await clientOf(proxy, hostToken).sessions.start.mutate({ code });
    const hearing = streams.map((stream) => stream.until('"status":"active"'));
    const deaf = (await Promise.allSettled(hearing)).filter(({ status }) => status === 'rejected');
    expect(deaf).toEqual([]);
  });

  test('/metrics is not reached, however it is written', async () => {
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
      const answer = await answerTo(request(proxy.url, { path }));
      expect(answer.statusCode, path).toBe(404);
      expect(await text(answer), path).not.toContain('classroom_');
    }
  });
});

const LIMITED = { TRUST_PROXY: '127.0.0.1/32', RATE_LIMITS: 'on' };

describe.skipIf(!hasNginx)('callers through nginx (skipped where nginx is not installed)', () => {
  test('get no other budget by writing addresses into X-Forwarded-For', async () => {
    await using proxy = await startDeployment(LIMITED);
    // Each process counts for itself: a hundred, twice.
    for (let n = 0; n < 40; n += 1) await guessFrom(proxy, `192.0.2.${n}`, 10);
    for (let n = 40; n < 44; n += 1) {
      expect(await reasonFrom(proxy, `192.0.2.${n}`)).toBe('RATE_LIMITED');
    }
  });

  const hasMoreLoopback = process.platform === 'linux';
  test.skipIf(!hasMoreLoopback)(
    'are told apart by address (skipped where 127.0.0.2 is none of the machine)',
    async () => {
      await using proxy = await startDeployment(LIMITED);
      await guessFrom(proxy, '', 400);
      expect(await statusFrom('127.0.0.1', proxy.url)).toBe(429);
      expect(await statusFrom('127.0.0.2', proxy.url)).toBe(404);
    },
  );

  test('notice nothing when a process is stopped: each call is answered, each change is heard', async () => {
    await using proxy = await startDeployment();
    const { code, hostToken } = await create(proxy);
    // One after another, so that each process has some of them.
    using open = new DisposableStack();
    const ears: Ear[] = [];
    while (ears.length < 4) ears.push(open.use(await hear(clientOf(proxy, hostToken), code)));
    const reasons: string[] = [];
    const enough = new AbortController();
    const call = async (n: number) => {
      const { get, join } = clientOf(proxy).sessions;
      for (let nth = 0; !enough.signal.aborted; nth += 1) {
        const displayName = `Student ${n}, ${nth}`;
        const called = nth % 2 === 0 ? get.query({ code }) : join.mutate({ code, displayName });
        reasons.push(await called.then(() => 'none', reasonFor));
        await sleep(10);
      }
    };
    const calls = Array.from({ length: 8 }, (_, n) => call(n));
    await expect.poll(() => reasons.length, { timeout: 20_000 }).toBeGreaterThan(100);
    const before = reasons.length;
    proxy.one.child.kill('SIGTERM');
    expect(await proxy.one.exit).toBe(0);
    const after = reasons.length;
    await expect.poll(() => reasons.length, { timeout: 20_000 }).toBeGreaterThan(after + 100);
    enough.abort();
    await Promise.all(calls);
    console.log(
      `answered: ${before} before, ${after - before} during, ${reasons.length - after} after`,
    );
    expect(reasons.filter((reason) => reason !== 'none')).toEqual([]);

    await clientOf(proxy, hostToken).sessions.start.mutate({ code });
    for (const ear of ears) {
      await expect.poll(() => ear.changes().length, { timeout: 20_000 }).toBe(2);
      expect(ear.ended()).toBeUndefined();
    }
    expect(ears.some((ear) => ear.connections() > 1)).toBe(true);
  });
});

const reasonFor = (error: unknown) => reasonOf(error) ?? String(error);

function answerTo(call: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) =>
    call.once('response', resolve).once('error', reject).end(),
  );
}

/** What a wrong code gets from that address of loopback. */
async function statusFrom(localAddress: string, url: string): Promise<number | undefined> {
  const input = encodeURIComponent(JSON.stringify({ code: WRONG_CODE }));
  const call = request(`${url}/trpc/sessions.get?input=${input}`, { localAddress, agent: false });
  const answer = await answerTo(call);
  answer.resume();
  return answer.statusCode;
}
