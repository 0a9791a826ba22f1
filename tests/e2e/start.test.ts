import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { createTestDatabase } from '@classroom/db/testing';
import { describe, expect, test } from 'vitest';
import { fetchServed } from '../src/client.ts';
import { processesOf, temporaryDirectory } from '../src/embedded-server.ts';
import { forEach } from '../src/load.ts';
import { listenOnLoopback } from '../src/programs.ts';
import {
  type ApiProcess,
  printed,
  type RunningApi,
  spawnApi,
  startApi,
} from '@classroom/api/start';

const run = promisify(execFile);

async function expectOneLine(api: ApiProcess, line: RegExp) {
  expect(await api.exit).toBe(1);
  expect(api.output().trim().split('\n')).toHaveLength(1);
  expect(api.output().trim()).toMatch(line);
}

async function expectReady({ url }: RunningApi) {
  // On a slow machine, the first check may time out.
  await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(200);
}

test('an API without settings prints the address to open and a curl command that creates a session, which survives a restart', async () => {
  const dataDir = await temporaryDirectory();
  await using api = await startApi({ DATA_DIR: dataDir });
  expect(api.output()).toContain(`\nOpen ${api.url} in a browser\n`);
  const command = await printed(api, /^curl .+$/m);
  let created = '{}';
  // curl would take a proxy from the environment.
  const withoutProxy = `export no_proxy='*'; ${command}`;
  // A busy server may refuse it.
  await expect
    .poll(async () => JSON.parse((created = (await run('sh', ['-c', withoutProxy])).stdout)))
    .toMatchObject({ result: { data: { status: 'draft', hostToken: expect.any(String) } } });
  const { code } = JSON.parse(created).result.data;

  api.child.kill('SIGINT');
  expect(await api.exit).toBe(0);
  expect(await processesOf(dataDir)).toEqual([]);

  await using again = await startApi({ DATA_DIR: dataDir });
  const input = encodeURIComponent(JSON.stringify({ code }));
  const response = await fetchServed(`${again.url}/trpc/sessions.get?input=${input}`);
  expect(response.status).toBe(200);
});

test('an API interrupted at any moment of its start leaves no process behind', async () => {
  await forEach([100, 300, 500, 700, 900, 1200, 1600], 2, async (delay) => {
    const dataDir = await temporaryDirectory();
    const api = spawnApi({ DATA_DIR: dataDir });
    await new Promise((resolve) => setTimeout(resolve, delay));
    api.child.kill('SIGINT');
    // The signal itself ends a process that has not installed its handlers yet.
    expect([0, 'SIGINT']).toContain(await api.exit);
    await expect.poll(() => processesOf(dataDir)).toEqual([]);
  });
});

test('an API that is killed leaves its database running, and the next start uses it', async () => {
  const dataDir = await temporaryDirectory();
  await using api = await startApi({ DATA_DIR: dataDir });
  api.child.kill('SIGKILL');
  await api.exit;
  expect(await processesOf(dataDir)).not.toEqual([]);

  await using again = await startApi({ DATA_DIR: dataDir });
  await expectReady(again);
  await again[Symbol.asyncDispose]();
  expect(await processesOf(dataDir)).toEqual([]);
});

describe('an API that cannot start prints one line about', () => {
  test('an invalid variable', async () => {
    await expectOneLine(spawnApi({ JOIN_CODE_LENGTH: '4' }), /^JOIN_CODE_LENGTH must be .+$/);
  });

  test('a port in use', async () => {
    await using database = await createTestDatabase();
    const server = createServer();
    const port = await listenOnLoopback(server);
    await expectOneLine(
      spawnApi({ DATABASE_URL: database.url, PORT: String(port) }),
      new RegExp(`^PORT ${port}: already in use; .+$`),
    );
    server.close();
  });

  test('a database server that cannot be reached', async () => {
    const api = spawnApi({ DATABASE_URL: 'postgres://ada:secret@127.0.0.1:1/classroom' });
    await expectOneLine(api, /^DATABASE_URL: the database cannot be reached .+$/);
    expect(api.output()).not.toContain('secret');
  });

  test('a database that does not exist', async () => {
    await using database = await createTestDatabase();
    const url = new URL(database.url);
    url.pathname = '/no_such_database';
    await expectOneLine(spawnApi({ DATABASE_URL: url.href }), /^DATABASE_URL: .+not exist.+$/);
  });
});

test('four processes start at once on an empty database', async () => {
  await using database = await createTestDatabase();
  await database.db.schema.dropSchema('public').cascade().execute();
  await database.db.schema.createSchema('public').execute();
  const env = { DATABASE_URL: database.url };
  const started = await Promise.all(Array.from({ length: 4 }, () => startApi(env)));
  for (const api of started) {
    await expectReady(api);
    await api[Symbol.asyncDispose]();
  }
});
