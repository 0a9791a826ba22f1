import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient, reasonOf } from '@classroom/client';
import { createDatabase } from '@classroom/db';
import { openEmbeddedDatabase } from '@classroom/db/embedded';
import { expect, onTestFinished } from 'vitest';
import { startApi } from './start-api.ts';
import { startTcpProxy } from './tcp-proxy.ts';

/**
 * Kills the database that many times under load, each time brings it up again, and audits what was
 * acknowledged: it has to be there, and there once.
 */
export async function expectNothingLost(kills: number): Promise<void> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'classroom-killed-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  let database = await openEmbeddedDatabase({ dataDir });
  await using proxy = await startTcpProxy(database.url);
  await using api = await startApi({ DATABASE_URL: proxy.url });
  const client = createClient({ url: `${api.url}/trpc` });

  const stop = new AbortController();
  const acknowledged: string[] = [];
  const unexpected: unknown[] = [];
  const create = async () => {
    // What became of a call without an answer is unknown: it is repeated by its key.
    const input = { title: 'T', hostDisplayName: randomUUID(), idempotencyKey: randomUUID() };
    for (;;) {
      try {
        acknowledged.push((await client.sessions.create.mutate(input)).code);
        return;
      } catch (error) {
        if (reasonOf(error) !== 'UNAVAILABLE') unexpected.push(error);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };
  const load = Array.from({ length: 10 }, async () => {
    while (!stop.signal.aborted) await create();
  });

  for (let kill = 1; kill <= kills; kill += 1) {
    const before = acknowledged.length;
    await expect.poll(() => acknowledged.length).toBeGreaterThan(before + 50);
    const pidFile = path.join(dataDir, 'cluster/postgresql/data/postmaster.pid');
    process.kill(Number((await readFile(pidFile, 'utf8')).split('\n')[0]), 'SIGKILL');
    const killed = performance.now();
    database = await openEmbeddedDatabase({ dataDir });
    proxy.setTarget(database.url);
    const atRestart = acknowledged.length;
    await expect
      .poll(() => acknowledged.length, { timeout: 30_000 })
      .toBeGreaterThan(atRestart + 10);
    console.log(`kill ${kill}: served again after ${Math.round(performance.now() - killed)} ms`);
  }
  stop.abort();
  await Promise.all(load);

  await using db = createDatabase(database.url);
  const stored = await db.selectFrom('sessions').select('code').execute();
  await database.close();
  expect(unexpected).toEqual([]);
  expect(new Set(stored.map(({ code }) => code))).toEqual(new Set(acknowledged));
  expect(stored).toHaveLength(acknowledged.length);
}
