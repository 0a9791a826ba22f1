import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../src/embedded-server.ts';
import { type RunningApi, spawnApi, startApi } from '@classroom/api/start';

/** Expects the API to exit with 1 and one line on standard error. */
async function expectRefused(dataDir: string, reason: RegExp): Promise<void> {
  await using api = spawnApi({ DATA_DIR: dataDir });
  let errors = '';
  api.child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  expect(await api.exit).toBe(1);
  const [line = '', ...others] = errors.trim().split('\n');
  expect(others).toEqual([]);
  expect(line).toContain(`DATA_DIR ${dataDir}: `);
  expect(line).toMatch(reason);
}

describe('the API refuses in one line a DATA_DIR', () => {
  test('that is a file', async () => {
    const file = path.join(await temporaryDirectory(), 'file');
    await writeFile(file, '');
    await expectRefused(file, /EEXIST/);
  });

  // Not even root can create a directory in /proc and /sys.
  test.runIf(process.platform === 'linux').each(['/proc', '/proc/x'])(
    'at %s, where mkdir fails with ENOENT',
    async (dataDir) => {
      await expectRefused(dataDir, /ENOENT/);
    },
  );

  test.runIf(process.platform === 'linux')('in a directory that is not writable', async () => {
    await expectRefused('/sys/x', /EPERM|EACCES|EROFS/);
  });
});

test('the API creates a DATA_DIR several levels deep', async () => {
  const dataDir = path.join(await temporaryDirectory(), 'a/b/c');
  await using api = await startApi({ DATA_DIR: dataDir });
  await expectReady(api);
});

test('a start removes the leftovers of one killed during initdb', async () => {
  const dataDir = await killDuringInitdb();
  const cluster = path.join(dataDir, 'cluster');
  expect(await readdir(cluster)).toEqual([expect.stringMatching(/^initdb-/)]);

  await using api = await startApi({ DATA_DIR: dataDir });
  await expectReady(api);
  expect(await readdir(cluster)).toEqual(['postgresql']);
});

/** Kills an API while initdb runs, and returns its DATA_DIR. */
async function killDuringInitdb(): Promise<string> {
  const dataDir = await temporaryDirectory();
  const cluster = path.join(dataDir, 'cluster');
  const stagedFiles = async () => {
    const [name = ''] = await readdir(cluster).catch(() => []);
    return await readdir(path.join(cluster, name, 'data')).catch(() => []);
  };
  await using api = spawnApi({ DATA_DIR: dataDir });
  await expect.poll(stagedFiles, { interval: 5, timeout: 90_000 }).toContain('base');
  api.child.kill('SIGKILL');
  await api.exit;
  // When this process stands still for a moment, initdb ends before the kill.
  const isTooLate = (await readdir(cluster)).includes('postgresql');
  return isTooLate ? await killDuringInitdb() : dataDir;
}

async function expectReady({ url }: RunningApi): Promise<void> {
  // On a slow machine, the first check may time out.
  await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(200);
}
