import { createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { createUnderLoad, quantile } from '../../src/load.ts';
import { startApi } from '../../src/start-api.ts';

test('at three times its capacity the API answers fast what it accepts, and refuses the rest', async () => {
  await using database = await createTestDatabase();
  await using api = await startApi({ DATABASE_URL: database.url, LOG_LEVEL: 'error' });
  await createUnderLoad(api.url, { connections: 32, seconds: 2 });
  const { acceptedPerSecond: capacity } = await createUnderLoad(api.url, {
    connections: 32,
    seconds: 3,
  });

  const stop = new AbortController();
  const probes = probe(api.url, stop.signal);
  const overload = { connections: 200, perSecond: Math.round(3 * capacity) };
  const { accepted, refused, acceptedPerSecond, failed } = await createUnderLoad(api.url, {
    ...overload,
    seconds: 8,
  });
  stop.abort();
  const { livez, refusals } = await probes;

  const times = [...refused.values()].flat().toSorted((a, b) => a - b);
  const p99 = quantile(accepted, 0.99);
  console.log(
    `capacity ${Math.round(capacity)}/s; at three times that, accepted ${Math.round(acceptedPerSecond)}/s ` +
      `with p50 ${ms(accepted, 0.5)}, p99 ${ms(accepted, 0.99)}; refused ${times.length} ` +
      `with p99 ${ms(times, 0.99)}; /livez p99 ${ms(livez, 0.99)}`,
  );
  expect(failed).toBe(0);
  expect([...refused.keys()]).toEqual([503]);
  expect(p99).toBeLessThan(500);
  expect(acceptedPerSecond).toBeGreaterThan(capacity / 3);
  expect(refusals.length).toBeGreaterThan(0);
  for (const refusal of refusals) {
    expect(refusal).toMatchObject({
      retryAfter: '1',
      body: { error: { data: { reason: 'UNAVAILABLE', retryAfterSeconds: 1 } } },
    });
  }
});

function ms(sorted: readonly number[], share: number): string {
  return `${Math.round(quantile(sorted, share))} ms`;
}

/** Meanwhile: how long /livez takes, and what refusals look like. */
async function probe(url: string, signal: AbortSignal) {
  const livez: number[] = [];
  const refusals: { retryAfter: string | null; body: unknown }[] = [];
  while (!signal.aborted) {
    const started = performance.now();
    const alive = await fetch(`${url}/livez`);
    livez.push(performance.now() - started);
    expect(alive.status).toBe(200);
    const response = await fetch(`${url}/trpc/sessions.get?input={"code":"CCCCCC"}`);
    const body: unknown = await response.json();
    if (response.status === 503) {
      refusals.push({ retryAfter: response.headers.get('retry-after'), body });
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { livez: livez.toSorted((a, b) => a - b), refusals };
}
