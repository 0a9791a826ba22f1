import { quantile } from '@classroom/bench/statistics';
import { createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { countBy, sessionInput } from '../../src/client.ts';
import { expectIdle, expectToServe } from '../../src/expect-idle.ts';
import { holdLock } from '../../src/hold-lock.ts';
import { forEach, times } from '../../src/load.ts';
import { POOL_WAITING, watchMetrics } from '../../src/metrics.ts';
import {
  openConnection,
  parseResponses,
  type RawRequest,
  type RawResponse,
  reasonsIn,
  toText,
} from '../../src/raw-http.ts';
import { startApi } from '@classroom/api/start';

const FLOOD = 2_000;
const SOCKETS = 50;
const PIPELINED = FLOOD / SOCKETS;
const PROBES = 10;
/** Half of the statement timeout: a call that takes longer was not refused. */
const REFUSED_WITHIN_MS = 1_000;
/** Counts calls: a batch of ten counts as ten. */
const MOST_WAITING = FLOOD / 4;

const create = () => ({ method: 'POST', path: '/trpc/sessions.create', body: sessionInput() });
const kinds: Record<string, () => RawRequest> = {
  plain: create,
  REST: () => ({ method: 'POST', path: '/api/sessions', body: sessionInput() }),
  'accept: text/event-stream': () => ({ ...create(), headers: { accept: 'text/event-stream' } }),
  'batch of ten': () => ({
    method: 'POST',
    path: `/trpc/${Array(10).fill('sessions.create').join(',')}?batch=1`,
    body: Object.fromEntries(times(10).map((n) => [n, sessionInput()])),
  }),
};

test('calls of every kind are refused alike while the queue for the database is full', async () => {
  await using database = await createTestDatabase();
  await using api = await startApi({ DATABASE_URL: database.url, LOG_LEVEL: 'warn' });
  await expectToServe(api);
  const release = await holdLock(database, 'lock table sessions');
  const probing = probeHealth(api.url);
  for (const [kind, request] of Object.entries(kinds)) {
    const watch = watchMetrics(api.url, [POOL_WAITING]);
    const { responses, probes } = await flood(api.url, request);
    await watch[Symbol.asyncDispose]();
    const highest = watch.highest(POOL_WAITING);
    const p50 = quantile(probes, 0.5);
    const counts = countBy(responses.map(describe));
    console.log(`${kind}: p50 ${Math.round(p50)} ms, at most ${highest} waited;`, counts);
    expect.soft(Object.keys(counts), kind).toEqual(['503 UNAVAILABLE, Retry-After']);
    expect.soft(responses.length, kind).toBeGreaterThanOrEqual(FLOOD);
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
});

/** The status, every reason, and whether there is a `Retry-After`. */
function describe(response: RawResponse): string {
  const outcome = [response.status, ...reasonsIn(response)].join(' ');
  return response.retryAfter === undefined ? outcome : `${outcome}, Retry-After`;
}

/**
 * Keeps a flood of calls in flight, and makes single calls meanwhile.
 *
 * @returns all responses, and the durations of the single calls in ascending order
 */
async function flood(url: string, request: () => RawRequest) {
  const responses: RawResponse[] = [];
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
      const complete = parseResponses(received).length;
      if (complete > 0) refused.resolve();
      return complete === count;
    });
    responses.push(...parseResponses(connection.received()));
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
    while (probes.length < PROBES || responses.length < FLOOD) await exchange(PIPELINED);
  });
  await Promise.all([probe(), flooding]);
  return { responses, probes: probes.toSorted((a, b) => a - b) };
}

/** Requests the routes that are never shed, one after another, until it is stopped. */
function probeHealth(url: string) {
  const stopped = new AbortController();
  const responses: string[] = [];
  const probing = (async () => {
    while (!stopped.signal.aborted) {
      for (const path of ['/livez', '/readyz', '/metrics']) {
        const response = await fetch(`${url}${path}`, { headers: { connection: 'close' } });
        await response.text();
        responses.push(`${path} ${response.status}`);
      }
    }
  })();
  return {
    stop: async () => {
      stopped.abort();
      await probing;
      return countBy(responses);
    },
  };
}
