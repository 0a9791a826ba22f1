import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { createTestDatabase } from '@classroom/db/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ApiProcess, printed, spawnApi, startApi } from '../src/start-api.ts';

const run = promisify(execFile);

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'classroom-start-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** The processes that hold something of a directory in their command line. */
async function processesOf(directory: string): Promise<string[]> {
  const { stdout } = await run('ps', ['-eo', 'pid=,args=']);
  return stdout.split('\n').filter((line) => line.includes(directory));
}

async function expectOneLine(api: ApiProcess, line: RegExp) {
  expect(await api.exit).toBe(1);
  expect(api.output().trim().split('\n')).toHaveLength(1);
  expect(api.output().trim()).toMatch(line);
}

test('started with nothing set, it prints a curl that creates a session', async () => {
  const dataDir = await temporaryDirectory();
  await using api = await startApi({ DATA_DIR: dataDir });
  const command = await printed(api, /^curl .+$/m);
  const { stdout } = await run('sh', ['-c', command]);
  expect(JSON.parse(stdout)).toMatchObject({
    result: { data: { status: 'draft', hostToken: expect.any(String) } },
  });
  const { code } = JSON.parse(stdout).result.data;

  api.child.kill('SIGINT');
  expect(await api.exit).toBe(0);
  expect(await processesOf(dataDir)).toEqual([]);

  await using again = await startApi({ DATA_DIR: dataDir });
  const input = encodeURIComponent(JSON.stringify({ code }));
  const response = await fetch(`${again.url}/trpc/sessions.get?input=${input}`);
  expect(response.status).toBe(200);
});

test('interrupted at any moment of the start, it leaves no process behind', async () => {
  for (const delay of [100, 300, 500, 700, 900, 1200, 1600]) {
    const dataDir = await temporaryDirectory();
    const api = spawnApi({ DATA_DIR: dataDir });
    await new Promise((resolve) => setTimeout(resolve, delay));
    api.child.kill('SIGINT');
    // Before the process has installed its handlers, the signal itself ends it.
    expect([0, 'SIGINT']).toContain(await api.exit);
    await expect.poll(() => processesOf(dataDir)).toEqual([]);
  }
});

test('killed without a word, its database goes on, and the next start uses it', async () => {
  const dataDir = await temporaryDirectory();
  await using api = await startApi({ DATA_DIR: dataDir });
  api.child.kill('SIGKILL');
  await api.exit;
  expect(await processesOf(dataDir)).not.toEqual([]);

  await using again = await startApi({ DATA_DIR: dataDir });
  expect((await fetch(`${again.url}/readyz`)).status).toBe(200);
  await again[Symbol.asyncDispose]();
  expect(await processesOf(dataDir)).toEqual([]);
});

describe('what cannot start says why in one line', () => {
  test('a bad variable', async () => {
    await expectOneLine(spawnApi({ JOIN_CODE_LENGTH: '4' }), /^JOIN_CODE_LENGTH must be .+$/);
  });

  test('a port that is taken', async () => {
    await using database = await createTestDatabase();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = String(address !== null && typeof address === 'object' && address.port);
    await expectOneLine(
      spawnApi({ DATABASE_URL: database.url, PORT: port }),
      new RegExp(`^PORT ${port}: already in use; .+$`),
    );
    server.close();
  });

  test('a database that nobody serves', async () => {
    const api = spawnApi({ DATABASE_URL: 'postgres://ada:secret@127.0.0.1:1/classroom' });
    await expectOneLine(api, /^DATABASE_URL: the database cannot be reached .+$/);
    expect(api.output()).not.toContain('secret');
  });

  test('a database that the server does not have', async () => {
    await using database = await createTestDatabase();
    const url = new URL(database.url);
    url.pathname = '/no_such_database';
    await expectOneLine(spawnApi({ DATABASE_URL: url.href }), /^DATABASE_URL: .+not exist.+$/);
  });
});

test('several processes may start at once on an empty database', async () => {
  await using database = await createTestDatabase();
  await database.db.schema.dropSchema('public').cascade().execute();
  await database.db.schema.createSchema('public').execute();
  const env = { DATABASE_URL: database.url };
  const started = await Promise.all(Array.from({ length: 4 }, () => startApi(env)));
  for (const api of started) {
    expect((await fetch(`${api.url}/readyz`)).status).toBe(200);
    await api[Symbol.asyncDispose]();
  }
});
