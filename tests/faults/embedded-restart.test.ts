import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createUntilStopped } from '../src/create-until-stopped.ts';
import { embeddedUrl, killServer, processesOf, storedCodes } from '../src/embedded-server.ts';
import { startApi } from '../src/start-api.ts';

const SERVED_AGAIN = { timeout: 20_000 };

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'classroom-restart-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

test('an embedded server killed twice under load comes back by itself and loses nothing', async () => {
  const dataDir = await temporaryDirectory();
  await using api = await startApi({ DATA_DIR: dataDir });
  using creating = createUntilStopped(api.url, 5);
  const { acknowledged, unexpected, stop } = creating;
  const grows = async () => {
    const before = acknowledged.length;
    await expect.poll(() => acknowledged.length, SERVED_AGAIN).toBeGreaterThan(before + 30);
  };

  for (const kill of [1, 2]) {
    await grows();
    await killServer(dataDir);
    const killed = performance.now();
    await grows();
    console.log(`kill ${kill}: served again after ${Math.round(performance.now() - killed)} ms`);
  }
  await stop();
  expect(unexpected).toEqual([]);
  expect(await storedCodes(await embeddedUrl(dataDir))).toEqual(acknowledged.toSorted());
  expect(api.output().match(/embedded PostgreSQL has ended/g)).toHaveLength(2);
  expect(api.output().match(/embedded PostgreSQL is back/g)).toHaveLength(2);

  // A stop in the middle of a restart.
  await killServer(dataDir);
  api.child.kill('SIGINT');
  expect(await api.exit).toBe(0);
  await expect.poll(() => processesOf(dataDir)).toEqual([]);
});

test('two processes whose shared embedded server is killed both serve again', async () => {
  const dataDir = await temporaryDirectory();
  await using first = await startApi({ DATA_DIR: dataDir });
  await using second = await startApi({ DATA_DIR: dataDir });
  await killServer(dataDir);
  for (const api of [first, second]) {
    const status = async () => (await fetch(`${api.url}/readyz`)).status;
    await expect.poll(() => api.output(), SERVED_AGAIN).toContain('embedded PostgreSQL is back');
    await expect.poll(status, SERVED_AGAIN).toBe(200);
  }
  await first[Symbol.asyncDispose]();
  expect((await fetch(`${second.url}/readyz`)).status).toBe(200);
  await second[Symbol.asyncDispose]();
  await expect.poll(() => processesOf(dataDir)).toEqual([]);
});
