import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { createClient } from '@classroom/client';
import { createTestDatabase } from '@classroom/db/testing';
import { expect, onTestFinished, test } from 'vitest';
import { fetchServed } from '../../src/client.ts';
import { freePort } from '../../src/programs.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const NOBODY = 65_534;
const run = promisify(execFile);
const lines = async (file: string) => (await readFile(path.join(ROOT, file), 'utf8')).split('\n');

/** The arguments of every occurrence of an instruction in the Dockerfile. */
function all(dockerfile: string[], instruction: string): string[] {
  return dockerfile
    .map((line) => line.trim())
    .filter((line) => line.startsWith(`${instruction} `))
    .map((line) => line.slice(instruction.length + 1));
}

test('the steps of the Dockerfile, run without an engine, build an API with the web app that a user without write access can run', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'classroom-image-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const [source, app] = [path.join(directory, 'src'), path.join(directory, 'app')];
  const dockerfile = await lines('Dockerfile');
  const ignored = new Set(
    (await lines('.dockerignore'))
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.replace('**/', '')),
  );

  // COPY . .
  await cp(ROOT, source, {
    recursive: true,
    filter: (file) => !ignored.has(path.basename(file)),
  });
  for (const command of all(dockerfile, 'RUN')) {
    await run('sh', ['-c', command], { cwd: source, maxBuffer: 1 << 26 });
  }
  const copied = all(dockerfile, 'COPY --from=build').map((line) => line.split(' '));
  for (const [from = '', to = ''] of copied) {
    await cp(from.replace('/src', source), path.join(app, to), { recursive: true });
  }
  await mkdir(path.join(directory, 'bin'));
  await copyFile(process.execPath, path.join(directory, 'bin/node'));
  await chmod(directory, 0o755);

  await using database = await createTestDatabase();
  const environment = Object.fromEntries(
    all(dockerfile, 'ENV').flatMap((line) => line.split(' ').map((pair) => pair.split('='))),
  );
  const env = {
    ...environment,
    PATH: path.join(directory, 'bin'),
    PORT: String(await freePort()),
    DATABASE_URL: database.url,
  };
  const asNobody = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const [program = '', ...options] = JSON.parse(all(dockerfile, 'CMD')[0] ?? '[]');
  const child = spawn(program, options, { cwd: app, env, stdio: 'ignore', ...asNobody });
  const exit = once(child, 'exit');
  const [, healthCheck = '[]'] = all(dockerfile, 'HEALTHCHECK')[0]?.split('CMD ') ?? [];
  const [checker = '', ...checkerOptions] = JSON.parse(healthCheck);
  const isHealthy = () =>
    run(checker, checkerOptions, { cwd: app, env, ...asNobody }).then(
      () => true,
      () => false,
    );
  expect(await isHealthy()).toBe(false);
  await expect.poll(isHealthy, { timeout: 20_000 }).toBe(true);
  const client = createClient({ url: `http://127.0.0.1:${env.PORT}/trpc` });
  expect(
    await client.sessions.create.mutate({ title: 'Algebra I', hostDisplayName: 'Ada' }),
  ).toMatchObject({ status: 'draft' });
  const page = await fetchServed(`http://127.0.0.1:${env.PORT}/j/7M2XJD`);
  expect(await page.text()).toMatch(/<script [^>]*src="\/assets\//);
  child.kill('SIGTERM');
  expect(await exit).toEqual([0, null]);
});
