import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmbeddedPostgres } from '@classroom/embedded-postgres';
import { expect, onTestFinished } from 'vitest';
import { createUntilStopped } from './create-until-stopped.ts';
import { killServer, storedCodes, uptimeMs } from './embedded-server.ts';
import { startApi } from './start-api.ts';

/**
 * Kills the database that many times under load, and audits what was acknowledged: every session has
 * to be there, and there once. The database restarts by itself.
 */
export async function expectNothingLost(kills: number): Promise<void> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'classroom-killed-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const database = await startEmbeddedPostgres({ dataDir });
  await using api = await startApi({ DATABASE_URL: database.url });
  using creating = createUntilStopped(api.url, 10);
  const { acknowledged, unexpected, stop } = creating;
  const grows = async (by: number) => {
    const before = acknowledged.length;
    await expect.poll(() => acknowledged.length, { timeout: 60_000 }).toBeGreaterThan(before + by);
  };

  for (let kill = 1; kill <= kills; kill += 1) {
    await grows(50);
    // A server that ends soon after its start would be restarted after a growing pause.
    await expect
      .poll(() => uptimeMs(dataDir), { timeout: 60_000, interval: 500 })
      .toBeGreaterThan(6_000);
    await killServer(dataDir);
    const killed = performance.now();
    await grows(20);
    console.log(`kill ${kill}: served again after ${Math.round(performance.now() - killed)} ms`);
  }
  await stop();

  const stored = await storedCodes(database.url);
  await database.close();
  expect(unexpected).toEqual([]);
  expect(stored).toEqual(acknowledged.toSorted());
}
