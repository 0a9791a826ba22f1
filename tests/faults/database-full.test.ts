import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createSession } from '../src/client.ts';
import { startApi } from '@classroom/api/start';

/** The cluster fills 40 MB of this disk. */
const SIZE = '120m';
const disk = mkdtempSync(path.join(tmpdir(), 'classroom-disk-'));
const isMounted = run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=755`, 'tmpfs', disk]);
afterAll(() => {
  if (isMounted) run('umount', ['--lazy', disk]);
  rmSync(disk, { recursive: true });
});

test.skipIf(!isMounted)(
  '/readyz answers 503 while the disk of the database is full (skipped where mount is not permitted)',
  async () => {
    await using api = await startApi({ DATA_DIR: path.join(disk, 'data'), LOG_LEVEL: 'warn' });
    const ready = async () => {
      const response = await fetch(`${api.url}/readyz`);
      return [response.status, await response.json()];
    };
    await expect.poll(ready).toEqual([200, { status: 'ok' }]);

    const file = path.join(disk, 'file');
    expect(() => fill(file)).toThrow('ENOSPC');
    await expect.poll(ready).toEqual([503, { status: 'database full' }]);
    rmSync(file);
    await expect.poll(ready).toEqual([200, { status: 'ok' }]);
    expect(await createSession(api)).toMatchObject({ status: 'draft' });
  },
);

/** @throws when the disk is full */
function fill(file: string): never {
  for (;;) writeFileSync(file, Buffer.alloc(4096), { flag: 'a' });
}

function run(program: string, options: string[]): boolean {
  return spawnSync(program, options).status === 0;
}
