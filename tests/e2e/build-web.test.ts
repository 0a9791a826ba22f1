import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const run = promisify(execFile);

/** Copies what the script reads, with the installed packages of the original. */
async function copyRepository(): Promise<string> {
  const copy = await mkdtemp(path.join(tmpdir(), 'classroom-build-web-'));
  onTestFinished(() => rm(copy, { recursive: true }));
  const web = path.join(ROOT, 'apps/web');
  for (const file of ['scripts/build-web.mjs', 'pnpm-lock.yaml', 'tsconfig.base.json']) {
    await cp(path.join(ROOT, file), path.join(copy, file));
  }
  for (const name of await readdir(web)) {
    if (name === 'dist' || name === 'node_modules') continue;
    await cp(path.join(web, name), path.join(copy, 'apps/web', name), { recursive: true });
  }
  await symlink(path.join(web, 'node_modules'), path.join(copy, 'apps/web/node_modules'));
  await symlink(path.join(ROOT, 'packages'), path.join(copy, 'packages'));
  return copy;
}

test('the start builds a missing or outdated web app, and keeps the previous build when that fails', async () => {
  const copy = await copyRepository();
  const page = path.join(copy, 'apps/web/dist/index.html');
  const source = path.join(copy, 'apps/web/index.html');
  const start = () => run(process.execPath, [path.join(copy, 'scripts/build-web.mjs')]);
  const isBuilt = { stdout: 'Building the web app …\n', stderr: '' };

  expect(await start()).toEqual(isBuilt);
  expect(await readFile(page, 'utf8')).toContain('<title>Classroom</title>');
  expect(await start()).toEqual({ stdout: '', stderr: '' });

  const html = await readFile(source, 'utf8');
  await writeFile(source, html.replace('<title>Classroom', '<title>Changed'));
  expect(await start()).toEqual(isBuilt);
  const changed = await readFile(page, 'utf8');
  expect(changed).toContain('<title>Changed</title>');

  await rm(path.join(copy, 'apps/web/src/main.tsx'));
  const { stdout, stderr } = await start();
  expect(stdout).toBe(isBuilt.stdout);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toMatch(/^The web app cannot be built; the previous build is served\. /);
  expect(await readFile(page, 'utf8')).toBe(changed);
});
