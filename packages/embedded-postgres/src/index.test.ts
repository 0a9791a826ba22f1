import { chmod, readFile, readdir, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { startEmbeddedPostgres } from './index.ts';
import { isReachable, query, settings, temporaryDirectory } from './testing.ts';

/** Returns the server's process id, as its own postmaster.pid has it. */
async function serverPid(url: string): Promise<number> {
  const [row] = await query<{ pid: number }>(
    url,
    `select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int as pid`,
  );
  return row?.pid ?? 0;
}

test('data survives a stop and a start', async () => {
  const dataDir = await temporaryDirectory();
  const first = await startEmbeddedPostgres({ dataDir });
  await query(first.url, 'create table kept as select 42 as answer');
  await first.close();
  expect(await isReachable(first.url)).toBe(false);

  const second = await startEmbeddedPostgres({ dataDir });
  expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  await second.close();
});

test('concurrent starts on one data directory share one server, and the last close stops it', async () => {
  const dataDir = await temporaryDirectory();
  const databases = await Promise.all(
    Array.from({ length: 3 }, () => startEmbeddedPostgres({ dataDir, settings })),
  );
  expect(new Set(databases.map(({ url }) => url)).size).toBe(1);

  for (const { url, close } of databases) {
    expect(await isReachable(url)).toBe(true);
    await close();
  }
  expect(await isReachable(databases[0]?.url ?? '')).toBe(false);
});

test('concurrent closes leave no server running', async () => {
  const dataDir = await temporaryDirectory();
  const databases = await Promise.all(
    Array.from({ length: 3 }, () => startEmbeddedPostgres({ dataDir, settings })),
  );
  await Promise.all(databases.map(({ close }) => close()));
  expect(await isReachable(databases[0]?.url ?? '')).toBe(false);
});

test('a start during the last close gets a running server', async () => {
  const dataDir = await temporaryDirectory();
  const first = await startEmbeddedPostgres({ dataDir, settings });
  const [second] = await Promise.all([startEmbeddedPostgres({ dataDir, settings }), first.close()]);
  expect(await isReachable(second.url)).toBe(true);
  await second.close();
});

test('two data directories get two servers', async () => {
  const [one, other] = await Promise.all(
    [await temporaryDirectory(), await temporaryDirectory()].map((dataDir) =>
      startEmbeddedPostgres({ dataDir, settings }),
    ),
  );
  expect(one?.url).not.toBe(other?.url);
  await Promise.all([one?.close(), other?.close()]);
});

test('a start after the server was killed finds every committed row', async () => {
  const dataDir = await temporaryDirectory();
  const first = await startEmbeddedPostgres({ dataDir });
  await query(first.url, 'create table kept as select 42 as answer');
  process.kill(await serverPid(first.url), 'SIGKILL');

  const second = await startEmbeddedPostgres({ dataDir });
  expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  await second.close();
  await first.close();
});

test('an aborted first start leaves no incomplete cluster', async () => {
  const dataDir = await temporaryDirectory();
  const interrupted = startEmbeddedPostgres({ dataDir, signal: AbortSignal.timeout(150) });
  await expect(interrupted).rejects.toThrow(/abort/i);
  expect(await readdir(path.join(dataDir, 'cluster'))).toEqual([]);

  const database = await startEmbeddedPostgres({ dataDir, settings });
  expect(await query(database.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await database.close();
});

test('a connection with a wrong password is refused', async () => {
  const dataDir = await temporaryDirectory();
  const database = await startEmbeddedPostgres({ dataDir, settings });
  const url = new URL(database.url);
  url.password = 'guess';
  await expect(query(url.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
  await database.close();
});

describe.runIf(process.getuid?.() === 0)('as root', () => {
  test('the server runs as another user', async () => {
    const dataDir = await temporaryDirectory();
    const database = await startEmbeddedPostgres({ dataDir, settings });
    const status = await readFile(`/proc/${await serverPid(database.url)}/status`, 'utf8');
    expect(/^Uid:\s+(\d+)/m.exec(status)?.[1]).not.toBe('0');
    await database.close();
  });

  test('a data directory that only root may enter works and keeps its data', async () => {
    const closed = await temporaryDirectory();
    await chmod(closed, 0o700);
    const dataDir = path.join(closed, 'checkout', '.data');

    const first = await startEmbeddedPostgres({ dataDir, settings });
    await query(first.url, 'create table kept as select 42 as answer');
    await first.close();

    const second = await startEmbeddedPostgres({ dataDir, settings });
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await second.close();
    await rm(await realpath(path.join(dataDir, 'cluster')), { recursive: true });
  });
});
