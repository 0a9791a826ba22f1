import { randomUUID } from 'node:crypto';
import { createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { clientOf } from '../../src/client-of.ts';
import { docsAssets } from '../../src/every-request.ts';
import { createSessions, expectIdle, expectToServe } from '../../src/expect-idle.ts';
import { forEach, times } from '../../src/for-each.ts';
import { hear } from '../../src/hear.ts';
import { quantile } from '@classroom/bench/statistics';
import { openConnection, type RawConnection, streamRequest, toText } from '../../src/raw-http.ts';
import { reasonFor } from '../../src/reason-for.ts';
import {
  HTTP_CONNECTIONS,
  LIVE_LISTENERS,
  RESIDENT_BYTES,
  scrape,
  watchMetrics,
} from '../../src/scrape.ts';
import { startApi } from '../../src/start-api.ts';

const MIB = 1024 * 1024;
const SOCKETS = 300;
/** Of one request alone, the kernel could take most. */
const PIPELINED = 1;
/** Longer than an idle connection is kept, for some may be refused and wait for another request. */
const CLOSED_WITHIN_MS = 90_000;
const PATIENCE = { timeout: 240_000 };
const SLOW_LISTENERS = 50;
const PARTICIPANTS = 100;
const QUESTIONS = 3 * PARTICIPANTS;
const WARM_UP_ROUNDS = 3;
const MOST_ROUNDS = 100;

test(
  '300 sockets that ask for the largest asset and do not read are closed, and others are served',
  PATIENCE,
  async () => {
    await using database = await createTestDatabase();
    await using api = await startApi({ DATABASE_URL: database.url, LOG_LEVEL: 'warn' });
    const { path, size } = await largestAsset(api);
    await createSessions(api.url, 100, 4);
    const before = (await scrape(api.url))(RESIDENT_BYTES);
    const watch = watchMetrics(api.url, [RESIDENT_BYTES]);
    const sockets: RawConnection[] = [];
    await forEach(times(SOCKETS), 50, async () => {
      const connection = await openConnection(api.url, false);
      await connection.write(toText({ method: 'GET', path }).repeat(PIPELINED));
      sockets.push(connection);
    });

    const calls = await createSessions(api.url, 100, 4);
    const p99 = quantile(calls.times, 0.99);
    const growth = () => Math.round((watch.highest(RESIDENT_BYTES) - before) / MIB);
    console.log(
      `${SOCKETS} sockets, ${PIPELINED} × ${(size / MIB).toFixed(1)} MiB each: calls`,
      calls.statuses,
      `p99 ${Math.round(p99)} ms; +${growth()} MiB`,
    );
    expect.soft(calls.statuses).toEqual({ 200: 100 });
    expect.soft(p99).toBeLessThan(500);
    expect.soft(growth()).toBeLessThan(300);
    const connections = async () => (await scrape(api.url))(HTTP_CONNECTIONS);
    await expect
      .poll(connections, { timeout: CLOSED_WITHIN_MS, interval: 500 })
      .toBeLessThan(SOCKETS / 10);
    await watch[Symbol.asyncDispose]();
    console.log(`all closed; +${growth()} MiB`);
    expect(growth()).toBeLessThan(300);
    expect(sockets.filter(({ socket }) => socket.bytesRead > 0)).toEqual([]);
    await expectToServe(api);
    await Promise.all(sockets.map(({ disconnect }) => disconnect('destroy')));
    await expectIdle(api);
    await expectToServe(api);
  },
);

async function largestAsset(api: { url: string }): Promise<{ path: string; size: number }> {
  const assets = await Promise.all(
    (await docsAssets(api)).map(async (path) => {
      const response = await fetch(`${api.url}${path}`);
      return { path, size: (await response.arrayBuffer()).byteLength };
    }),
  );
  const [largest] = assets.toSorted((a, b) => b.size - a.size);
  if (largest === undefined) throw new Error('/docs has no assets');
  return largest;
}

test(
  'listeners that do not read are dropped, and one that reads misses nothing',
  PATIENCE,
  async () => {
    await using database = await createTestDatabase();
    await using api = await startApi({ DATABASE_URL: database.url, LOG_LEVEL: 'warn' });
    const { code, hostToken, questionIds } = await prepareQuestions(api);
    const listeners = async () => (await scrape(api.url))(LIVE_LISTENERS);
    using reader = await hear(clientOf(api, hostToken), code);
    await expect.poll(() => reader.changes()).toHaveLength(1);
    // Changes every question once: an event for each, in which nothing is left out.
    let rounds = 0;
    const changeAll = async () => {
      rounds += 1;
      const on = rounds % 2 === 1;
      await forEach(questionIds, 8, async (questionId) => {
        await untilServed(() => clientOf(api, hostToken).questions.vote.mutate({ questionId, on }));
      });
      await expect
        .poll(() => reader.changes().length, { timeout: 30_000 })
        .toBe(1 + rounds * QUESTIONS);
    };
    for (let n = 0; n < WARM_UP_ROUNDS; n += 1) await changeAll();

    const before = (await scrape(api.url))(RESIDENT_BYTES);
    const watch = watchMetrics(api.url, [RESIDENT_BYTES]);
    const slow: RawConnection[] = [];
    await forEach(times(SLOW_LISTENERS), 10, async () => {
      const connection = await openConnection(api.url, false);
      await connection.write(toText(streamRequest(code, hostToken)));
      slow.push(connection);
    });
    await expect.poll(listeners, { timeout: 30_000 }).toBe(SLOW_LISTENERS + 1);

    for (let n = 0; n < MOST_ROUNDS && (await listeners()) > 1; n += 1) await changeAll();
    await watch[Symbol.asyncDispose]();
    const growth = (watch.highest(RESIDENT_BYTES) - before) / MIB;
    const bytes = Buffer.byteLength(JSON.stringify(reader.heard));
    console.log(
      `dropped after ${rounds} rounds, ${(bytes / MIB).toFixed(1)} MiB each; +${Math.round(growth)} MiB`,
    );
    expect(slow.filter(({ socket }) => socket.bytesRead > 0)).toEqual([]);
    expect(await listeners()).toBe(1);
    const [first, ...others] = reader.changes().map(({ id }) => Number(id));
    expect(others).toEqual(others.map((_, n) => (first ?? NaN) + 1 + n));
    expect(reader.connections()).toBe(1);
    expect(growth).toBeLessThan(200);

    reader[Symbol.dispose]();
    await Promise.all(slow.map(({ disconnect }) => disconnect('destroy')));
    await expectIdle(api);
    await expectToServe(api);
  },
);

/** Repeats a vote that is refused by a busy server; a vote counts once however often it is cast. */
async function untilServed(vote: () => Promise<unknown>): Promise<void> {
  for (;;) {
    const reason = await reasonFor(vote());
    if (reason === 'none') return;
    expect(reason).toBe('UNAVAILABLE');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A session with as many questions as its participants may have, each as long as a question may be. */
async function prepareQuestions(api: { url: string }) {
  const { code, hostToken } = await clientOf(api).sessions.create.mutate({
    title: 'Algebra I',
    hostDisplayName: `Ada ${randomUUID()}`,
  });
  const questionIds: number[] = [];
  await forEach(times(PARTICIPANTS), 10, async (n) => {
    const { participantToken } = await clientOf(api).sessions.join.mutate({
      code,
      displayName: `Student ${n}`,
    });
    for (let asked = 0; asked < QUESTIONS / PARTICIPANTS; asked += 1) {
      const { id } = await clientOf(api, participantToken).questions.submit.mutate({
        code,
        // Four bytes each.
        body: '🦆'.repeat(280),
      });
      questionIds.push(id);
    }
  });
  return { code, hostToken, questionIds };
}
