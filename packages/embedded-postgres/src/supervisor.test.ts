import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startEmbeddedPostgres } from './index.ts';
import {
  isReachable,
  killServer,
  pgData,
  processesOf,
  query,
  settings,
  temporaryDirectory,
} from './testing.ts';

const RESTARTED = { timeout: 90_000 };

/** Starts a server and records its reports. */
async function start(dataDir: string, options: { settings?: string[] } = { settings }) {
  const reported: string[] = [];
  const database = await startEmbeddedPostgres({
    dataDir,
    ...options,
    onDown: () => reported.push('down'),
    onUp: () => reported.push('up'),
  });
  return { ...database, reported };
}

test('a server killed twice restarts under the same URL with every committed row', async () => {
  const dataDir = await temporaryDirectory();
  const { url, close, reported } = await start(dataDir, {});
  await query(url, 'create table kept (answer int)');
  for (const times of [1, 2]) {
    await query(url, `insert into kept values (${times})`);
    await killServer(dataDir);
    await expect.poll(() => reported, RESTARTED).toHaveLength(2 * times);
  }
  expect(reported).toEqual(['down', 'up', 'down', 'up']);
  expect(await query(url, 'select answer from kept order by 1')).toEqual([
    { answer: 1 },
    { answer: 2 },
  ]);
  await close();
  expect(await isReachable(url)).toBe(false);
});

test('several processes share a restarted server, and the last close stops it', async () => {
  const dataDir = await temporaryDirectory();
  const users = await Promise.all(Array.from({ length: 3 }, () => start(dataDir)));
  await killServer(dataDir);
  for (const { reported } of users) {
    await expect.poll(() => reported, RESTARTED).toEqual(['down', 'up']);
  }
  for (const { url, close } of users) {
    expect(await isReachable(url)).toBe(true);
    await close();
  }
  // The server removes its pid file before its process has ended.
  await expect.poll(() => processesOf(dataDir)).toEqual([]);
});

test('a start while the server is down reuses its port', async () => {
  const dataDir = await temporaryDirectory();
  const first = await start(dataDir);
  await killServer(dataDir);
  const second = await start(dataDir);
  expect(second.url).toBe(first.url);
  await Promise.all([first.close(), second.close()]);
});

test('a terminated lock connection is replaced without a report', async () => {
  const dataDir = await temporaryDirectory();
  const first = await start(dataDir);
  const holder = async () => {
    const [lock] = await query<{ pid: number }>(
      first.url,
      `select pid from pg_locks where locktype = 'advisory' and mode = 'ShareLock'`,
    );
    return lock?.pid ?? 0;
  };
  const terminated = await holder();
  await query(first.url, `select pg_terminate_backend(${terminated})`);
  await expect.poll(holder).toSatisfy((pid: number) => pid > 0 && pid !== terminated);

  // The new lock keeps another process from stopping the server.
  const second = await start(dataDir);
  await second.close();
  expect(await isReachable(first.url)).toBe(true);
  expect(first.reported).toEqual([]);
  await first.close();
});

test('a failed restart is retried with a growing pause until it succeeds', async () => {
  const dataDir = await temporaryDirectory();
  const { url, close, reported } = await start(dataDir);
  const configuration = path.join(pgData(dataDir), 'postgresql.auto.conf');
  const before = await readFile(configuration);
  await writeFile(configuration, 'not a setting');
  await killServer(dataDir);

  const attempts = async () => {
    const log = await readFile(path.join(dataDir, 'cluster/postgresql/postgresql.log'), 'utf8');
    return log
      .split('\n')
      .filter((line) => line.includes('syntax error'))
      .map((line) => Date.parse(/^\S+ \S+ \S+/.exec(line)?.[0] ?? ''));
  };
  await expect.poll(async () => (await attempts()).length, RESTARTED).toBeGreaterThanOrEqual(4);
  const times = await attempts();
  const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(pauses[0]).toBeGreaterThanOrEqual(250);
  expect(pauses[1]).toBeGreaterThanOrEqual(500);
  expect(pauses[2]).toBeGreaterThanOrEqual(1000);
  expect(reported).toEqual(['down']);

  await writeFile(configuration, before);
  await expect.poll(() => reported, RESTARTED).toEqual(['down', 'up']);
  expect(await isReachable(url)).toBe(true);
  await close();
});

test.each([0, 20, 100, 200, 300, 500, 800])(
  'a close %i ms into a restart leaves no process behind',
  async (delay) => {
    const dataDir = await temporaryDirectory();
    const { url, close } = await start(dataDir);
    await query(url, 'create table kept as select generate_series(1, 100000)');
    await killServer(dataDir);
    await sleep(delay);
    await close();
    await expect.poll(() => processesOf(dataDir)).toEqual([]);
  },
);
