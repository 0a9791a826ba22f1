import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { spawnApi, startApi } from '../src/start-api.ts';

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'classroom-data-dir-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Expects the API to end with 1 and one line on standard error. */
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

describe('an unusable DATA_DIR is refused in one line', () => {
  test('when it is a file', async () => {
    const file = path.join(await temporaryDirectory(), 'file');
    await writeFile(file, '');
    await expectRefused(file, /EEXIST/);
  });

  test('when it is below a file', async () => {
    const file = path.join(await temporaryDirectory(), 'file');
    await writeFile(file, '');
    await expectRefused(path.join(file, 'a/b'), /EEXIST/);
  });

  // Not even root can make a directory in these.
  test.runIf(process.platform === 'linux').each(['/proc', '/proc/x', '/proc/x/y'])(
    'when it is %s, where mkdir fails with ENOENT',
    async (dataDir) => {
      await expectRefused(dataDir, /ENOENT/);
    },
  );

  test.runIf(process.platform === 'linux').each(['/sys', '/sys/x'])(
    'when it is %s, which is not writable',
    async (dataDir) => {
      await expectRefused(dataDir, /EPERM|EACCES|EROFS/);
    },
  );
});

test('a DATA_DIR several levels deep is created', async () => {
  const dataDir = path.join(await temporaryDirectory(), 'a/b/c');
  await using api = await startApi({ DATA_DIR: dataDir });
  expect((await fetch(`${api.url}/readyz`)).status).toBe(200);
});

test('the leftovers of a start killed during initdb are removed by the next start', async () => {
  const dataDir = await temporaryDirectory();
  const cluster = path.join(dataDir, 'cluster');
  const killed = spawnApi({ DATA_DIR: dataDir });
  const stagedFiles = async () => {
    const [name = ''] = await readdir(cluster).catch(() => []);
    return await readdir(path.join(cluster, name, 'data')).catch(() => []);
  };
  await expect.poll(stagedFiles, { interval: 5, timeout: 30_000 }).toContain('base');
  killed.child.kill('SIGKILL');
  await killed.exit;
  expect(await readdir(cluster)).toEqual([expect.stringMatching(/^initdb-/)]);

  await using api = await startApi({ DATA_DIR: dataDir });
  expect((await fetch(`${api.url}/readyz`)).status).toBe(200);
  expect(await readdir(cluster)).toEqual(['postgresql']);
});
