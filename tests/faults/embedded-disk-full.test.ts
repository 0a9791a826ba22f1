import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { administer } from '@classroom/db/testing';
import { expect, onTestFinished, test } from 'vitest';
import { embeddedUrl, isRunning, serverPid, storedCodes } from '../src/embedded-server.ts';
import { createUntilStopped } from '../src/load.ts';
import { startApi } from '@classroom/api/start';

const run = promisify(execFile);

/** The cluster fills about half of this disk. */
const DISK = 'size=80m';
const CRASHED = { timeout: 90_000 };

/** Mounts a small disk. @throws where mounting is not permitted */
async function mountDisk(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'classroom-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', DISK, 'tmpfs', directory]);
  } catch (error) {
    await rmdir(directory);
    throw error;
  }
  onTestFinished(async () => {
    await run('umount', ['--lazy', directory]);
    await rmdir(directory);
  });
  return directory;
}

/** Fills the rest of the disk. */
async function fill(file: string): Promise<void> {
  for (const size of [1 << 20, 4096]) {
    const chunk = Buffer.alloc(size);
    while (await appendFile(file, chunk).then(() => true, isNotFull));
  }
}

function isNotFull(error: unknown): false {
  if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return false;
  throw error;
}

test('an API whose disk was full serves again with every acknowledged session (skipped where mount is not permitted)', async ({
  skip,
}) => {
  const disk = await mountDisk().catch((error: unknown) =>
    skip(`no disk to fill: ${String(error)}`),
  );
  const dataDir = path.join(disk, 'data');
  const filler = path.join(disk, 'filler');
  await using api = await startApi({ DATA_DIR: dataDir });
  const url = await embeddedUrl(dataDir);
  using load = createUntilStopped(api.url, 5);

  await load.acknowledges(30);
  const pid = await serverPid(dataDir);
  await fill(filler);
  // The next WAL segment does not fit: the server panics, and its recovery fails.
  await administer(url, 'select pg_switch_wal()').catch(() => {});
  await expect.poll(() => isRunning(pid), CRASHED).toBe(false);
  expect((await fetch(`${api.url}/readyz`)).status).toBe(503);

  await rm(filler);
  const freed = performance.now();
  await load.acknowledges(30);
  console.log(`served again ${Math.round(performance.now() - freed)} ms after space was freed`);
  await load.stop();
  expect(load.unexpected).toEqual([]);
  expect(await storedCodes(url)).toEqual(load.acknowledged.toSorted());
});
