import { createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { sized } from '../src/campaign.ts';
import { clientOf, createSession } from '../src/client.ts';
import { forEach, times } from '../src/load.ts';
import { RESIDENT_BYTES, scrape } from '../src/metrics.ts';
import { openListener } from '../src/raw-http.ts';
import { startApi } from '@classroom/api/start';
import { subscribe } from '../src/subscribe.ts';

const STREAMS = sized(500, 1_000);
const ROUNDS = sized(3, 4);
/** Little more than the process needs: a leak of 16 KiB per stream would fill it. */
const HEAP_MIB = sized(72, 64);
const MIB = 1024 * 1024;

test('hundreds of streams that open and close do not fill a small heap', async () => {
  await using database = await createTestDatabase();
  await using api = await startApi({
    DATABASE_URL: database.url,
    LOG_LEVEL: 'warn',
    NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}`,
  });
  const { code, hostToken } = await createSession(api);
  const memory: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await forEach(times(STREAMS), 100, async () => {
      const stream = await openListener(api.url, code, hostToken);
      if (stream.status === 200) await stream.until('event: connected');
      await stream.disconnect('destroy');
    });
    memory.push(Math.round((await scrape(api.url))(RESIDENT_BYTES) / MIB));
  }
  console.log(`memory after each ${STREAMS} streams: ${memory.join(', ')} MiB`);

  using subscription = await subscribe(clientOf(api, hostToken), code);
  await expect.poll(() => subscription.presence()?.listening).toBe(1);
  // A full heap ends the process.
  expect([api.child.exitCode, api.child.signalCode]).toEqual([null, null]);
});
