import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../src/embedded-server.ts';
import { spawnApi, startApi } from '@classroom/api/start';

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
  expect((await fetch(`${api.url}/readyz`)).status).toBe(200);
});

test('a start removes the leftovers of one killed during initdb', async () => {
  const dataDir = await temporaryDirectory();
  const cluster = path.join(dataDir, 'cluster');
  const killed = spawnApi({ DATA_DIR: dataDir });
  const stagedFiles = async () => {
    const [name = ''] = await readdir(cluster).catch(() => []);
    return await readdir(path.join(cluster, name, 'data')).catch(() => []);
  };
  await expect.poll(stagedFiles, { interval: 5 }).toContain('base');
  killed.child.kill('SIGKILL');
  await killed.exit;
  expect(await readdir(cluster)).toEqual([expect.stringMatching(/^initdb-/)]);

  await using api = await startApi({ DATA_DIR: dataDir });
  expect((await fetch(`${api.url}/readyz`)).status).toBe(200);
  expect(await readdir(cluster)).toEqual(['postgresql']);
});
