import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import {
  CALLS_IN_FLIGHT,
  HTTP_CONNECTIONS,
  LIVE_LISTENERS,
  POOL_BUSY,
  POOL_WAITING,
  scrape,
} from './scrape.ts';

/** Those that the test itself has, kept alive by fetch for its next call. */
const OWN_CONNECTIONS = 10;
const IDLE_WITHIN_MS = 30_000;

/** Waits until every counter of the server is back at zero: nothing has leaked. */
export async function expectIdle({ url }: { url: string }): Promise<void> {
  await expect
    .poll(
      async () => {
        const metrics = await scrape(url);
        return {
          callsInFlight: metrics(CALLS_IN_FLIGHT),
          listeners: metrics(LIVE_LISTENERS),
          poolWaiting: metrics(POOL_WAITING),
          poolBusy: metrics(POOL_BUSY),
          otherConnections: Math.max(0, metrics(HTTP_CONNECTIONS) - OWN_CONNECTIONS),
        };
      },
      { timeout: IDLE_WITHIN_MS, interval: 100 },
    )
    .toEqual({ callsInFlight: 0, listeners: 0, poolWaiting: 0, poolBusy: 0, otherConnections: 0 });
}

export interface Calls {
  /** How often each status was answered. */
  statuses: Record<string, number>;
  /** How long each took, in milliseconds, the shortest first. */
  times: number[];
}

/** Creates sessions, each for a host and over a connection of its own. */
export async function createSessions(url: string, count: number, atOnce: number): Promise<Calls> {
  const statuses: Record<string, number> = {};
  const times: number[] = [];
  let begun = 0;
  const work = async () => {
    while (begun < count) {
      begun += 1;
      const started = performance.now();
      const response = await fetch(`${url}/trpc/sessions.create`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', connection: 'close' },
        body: JSON.stringify({ title: 'Algebra I', hostDisplayName: `Ada ${randomUUID()}` }),
      });
      await response.text();
      times.push(performance.now() - started);
      statuses[response.status] = (statuses[response.status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { statuses, times: times.toSorted((a, b) => a - b) };
}

/** Forty calls, as a class makes them at once, all succeed. */
export async function expectToServe({ url }: { url: string }): Promise<void> {
  const { statuses } = await createSessions(url, 40, 40);
  expect(statuses).toEqual({ 200: 40 });
}
