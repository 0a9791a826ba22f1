import type { Behaviour } from '@classroom/bench/overload/clients';
import { measureLoad, measureWithProbes } from '@classroom/bench/overload/measure-load';
import { measureRecovery } from '@classroom/bench/overload/probe';
import { createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { startApi } from '@classroom/api/start';

const CLOSED_LOOP = { connections: 32 };
const OPEN_LOOP = { seconds: 8, connections: 400, depth: 10 };

const clients: [string, Partial<Behaviour>][] = [
  ['clients that wait for their responses', {}],
  ['clients that abort a fifth of their calls', { abortShare: 0.2 }],
];

test.each(clients)(
  'at three times the capacity, %s get fast responses or a 503, and probes succeed',
  async (_, behaviour) => {
    await using database = await createTestDatabase();
    await using api = await startApi({ DATABASE_URL: database.url, LOG_LEVEL: 'error' });
    await measureLoad(api.url, { ...CLOSED_LOOP, seconds: 6 });
    const { acceptedPerSecond: capacity } = await measureLoad(api.url, {
      ...CLOSED_LOOP,
      seconds: 3,
    });

    const offered = 3 * capacity;
    const { load, livez, readyz } = await measureWithProbes(api.url, {
      ...OPEN_LOOP,
      ...behaviour,
      callsPerSecond: offered,
    });
    const recovery = await measureRecovery(api.url);
    console.log(`capacity ${capacity}/s`, load, { livez, readyz }, recovery);

    // Otherwise the clients waited for the server, and this was no overload.
    expect(load.offeredPerSecond).toBeGreaterThan(0.9 * offered);
    expect(load.acceptedPerSecond).toBeGreaterThan(capacity / 3);
    expect(load.accepted.p99).toBeLessThan(500);
    expect(load.refusedPerSecond).toBeGreaterThan(0);
    expect(load).toMatchObject({ malformed: 0, unanswered: 0 });
    expect(load.others).toEqual({});
    expect(livez.failed).toBe(0);
    expect(readyz.failed).toBe(0);
    expect(recovery).toEqual({ succeeded: 40, calls: 40, leftOver: [] });
  },
);
