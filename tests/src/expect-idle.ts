import { expect } from 'vitest';
import { createSessions } from './load.ts';
import {
  CALLS_IN_FLIGHT,
  HTTP_CONNECTIONS,
  LIVE_LISTENERS,
  POOL_BUSY,
  POOL_WAITING,
  scrape,
} from './metrics.ts';

/** Connections that fetch keeps alive in the test itself. */
const OWN_CONNECTIONS = 10;
const SOON = { timeout: 60_000, interval: 100 };

/** Waits until every counter of the server is back at zero: nothing leaked. */
export async function expectIdle({ url }: { url: string }): Promise<void> {
  await expect
    .poll(async () => {
      const metrics = await scrape(url);
      return {
        callsInFlight: metrics(CALLS_IN_FLIGHT),
        listeners: metrics(LIVE_LISTENERS),
        poolWaiting: metrics(POOL_WAITING),
        poolBusy: metrics(POOL_BUSY),
        otherConnections: Math.max(0, metrics(HTTP_CONNECTIONS) - OWN_CONNECTIONS),
      };
    }, SOON)
    .toEqual({ callsInFlight: 0, listeners: 0, poolWaiting: 0, poolBusy: 0, otherConnections: 0 });
}

/**
 * Waits until forty concurrent calls succeed, as when a class joins. A slow machine may refuse some
 * while its event loop is late; after a leak it refuses some forever.
 */
export async function expectToServe({ url }: { url: string }): Promise<void> {
  await expect
    .poll(async () => (await createSessions(url, 40, 40)).statuses, SOON)
    .toEqual({ 200: 40 });
}
