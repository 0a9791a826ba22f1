import { startEmbeddedPostgres } from '@classroom/embedded-postgres';
import { expect, test } from 'vitest';
import {
  killServer,
  storedCodes,
  temporaryDirectory,
  uptimeMs,
} from '../../src/embedded-server.ts';
import { createUntilStopped } from '../../src/load.ts';
import { startApi } from '@classroom/api/start';

const KILLS = 20;

test('a database killed 20 times under load has every acknowledged session exactly once', async () => {
  const dataDir = await temporaryDirectory();
  const database = await startEmbeddedPostgres({ dataDir });
  await using api = await startApi({ DATABASE_URL: database.url });
  using load = createUntilStopped(api.url, 10);
  for (let kill = 1; kill <= KILLS; kill += 1) {
    await load.acknowledges(50);
    // A server that ends soon after its start is restarted only after a growing pause.
    await expect.poll(() => uptimeMs(dataDir), { interval: 500 }).toBeGreaterThan(6_000);
    await killServer(dataDir);
    const killed = performance.now();
    await load.acknowledges(20);
    console.log(`kill ${kill}: served again after ${Math.round(performance.now() - killed)} ms`);
  }
  await load.stop();

  const stored = await storedCodes(database.url);
  await database.close();
  expect(load.unexpected).toEqual([]);
  expect(stored).toEqual(load.acknowledged.toSorted());
});
