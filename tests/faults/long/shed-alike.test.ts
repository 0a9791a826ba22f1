import { randomUUID } from 'node:crypto';
import { createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { expectIdle, expectToServe } from '../../src/expect-idle.ts';
import { forEach, times } from '../../src/for-each.ts';
import { quantile } from '@classroom/bench/statistics';
import { lockTable } from '../../src/lock-table.ts';
import {
  openConnection,
  parseAnswers,
  type RawAnswer,
  type RawRequest,
  toText,
} from '../../src/raw-http.ts';
import { POOL_WAITING, watchMetrics } from '../../src/scrape.ts';
import { startApi } from '../../src/start-api.ts';

const FLOOD = 2_000;
const SOCKETS = 50;
const PIPELINED = FLOOD / SOCKETS;
const PROBES = 10;
const PATIENCE = { timeout: 240_000 };
/** Half of the statement timeout: a call that takes as long has been let in. */
const REFUSED_WITHIN_MS = 1_000;
/** Calls, and not requests: a batch weighs what its calls weigh. */
const MOST_WAITING = FLOOD / 4;

const input = () => ({ title: 'Algebra I', hostDisplayName: `Ada ${randomUUID()}` });
const create = () => ({ method: 'POST', path: '/trpc/sessions.create', body: input() });
const kinds: Record<string, () => RawRequest> = {
  plain: create,
  REST: () => ({ method: 'POST', path: '/api/sessions', body: input() }),
  'accept: text/event-stream': () => ({ ...create(), headers: { accept: 'text/event-stream' } }),
  'batch of ten': () => ({
    method: 'POST',
    path: `/trpc/${Array(10).fill('sessions.create').join(',')}?batch=1`,
    body: Object.fromEntries(times(10).map((n) => [n, input()])),
  }),
};

test(
  'every kind of call is refused alike once the queue for the database is full',
  PATIENCE,
  async () => {
    await using database = await createTestDatabase();
    await using api = await startApi({ DATABASE_URL: database.url, LOG_LEVEL: 'warn' });
    await expectToServe(api);
    const release = await lockTable(database, 'sessions');
    const probing = probeHealth(api.url);
    for (const [kind, request] of Object.entries(kinds)) {
      const watch = watchMetrics(api.url, [POOL_WAITING]);
      const { answers, probes } = await flood(api.url, request);
      await watch[Symbol.asyncDispose]();
      const highest = watch.highest(POOL_WAITING);
      const p50 = quantile(probes, 0.5);
      const counts = countBy(answers.map(describe));
      console.log(`${kind}: p50 ${Math.round(p50)} ms, at most ${highest} waited;`, counts);
      expect.soft(Object.keys(counts), kind).toEqual(['503 UNAVAILABLE, Retry-After']);
      expect.soft(answers.length, kind).toBeGreaterThanOrEqual(FLOOD);
      expect.soft(p50, kind).toBeLessThan(REFUSED_WITHIN_MS);
      expect.soft(highest, kind).toBeLessThan(MOST_WAITING);
    }
    await release();
    const statuses = await probing.stop();
    console.log('meanwhile:', statuses);
    expect
      .soft(Object.keys(statuses).toSorted())
      .toEqual(['/livez 200', '/metrics 200', '/readyz 200']);
    await expectIdle(api);
    await expectToServe(api);
  },
);

/** The status and every reason in an answer. */
function describe({ status, retryAfter, body }: RawAnswer): string {
  const reasons = [...body.matchAll(/"reason":"(\w+)"/g)].map(([, reason = '']) => reason);
  const distinct = [...new Set(reasons)].toSorted((a, b) => a.localeCompare(b));
  const answer = `${status} ${distinct.join(' ')}`;
  return retryAfter === undefined ? answer : `${answer}, Retry-After`;
}

function countBy(keys: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}

/**
 * Keeps as many calls under way as there are in a flood, and meanwhile makes single ones.
 *
 * @returns all answers, and how long the single calls took, the shortest first
 */
async function flood(url: string, request: () => RawRequest) {
  const answers: RawAnswer[] = [];
  const probes: number[] = [];
  const refused = Promise.withResolvers<void>();
  const exchange = async (count: number) => {
    using connection = await openConnection(url);
    await connection.write(
      times(count)
        .map(() => toText(request()))
        .join(''),
    );
    await connection.until((received) => {
      const come = parseAnswers(received).length;
      if (come > 0) refused.resolve();
      return come === count;
    });
    answers.push(...parseAnswers(connection.received()));
  };
  const probe = async () => {
    await refused.promise;
    while (probes.length < PROBES) {
      const started = performance.now();
      await exchange(1);
      probes.push(performance.now() - started);
    }
  };
  const flooding = forEach(times(SOCKETS), SOCKETS, async () => {
    while (probes.length < PROBES || answers.length < FLOOD) await exchange(PIPELINED);
  });
  await Promise.all([probe(), flooding]);
  return { answers, probes: probes.toSorted((a, b) => a - b) };
}

/** Asks for what is always served, one after another, until it is stopped. */
function probeHealth(url: string) {
  const stopped = new AbortController();
  const answers: string[] = [];
  const probing = (async () => {
    while (!stopped.signal.aborted) {
      for (const path of ['/livez', '/readyz', '/metrics']) {
        const response = await fetch(`${url}${path}`, { headers: { connection: 'close' } });
        await response.text();
        answers.push(`${path} ${response.status}`);
      }
    }
  })();
  return {
    stop: async () => {
      stopped.abort();
      await probing;
      return countBy(answers);
    },
  };
}
