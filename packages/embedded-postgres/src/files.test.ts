import { spawnSync } from 'node:child_process';
import { mkdir, readFile, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeDirectory } from './data-directory.ts';
import { startEmbeddedPostgres } from './index.ts';
import { pgData, query, settings, temporaryDirectory } from './testing.ts';

describe('makeDirectory', () => {
  test('creates missing parents and accepts an existing directory', async () => {
    const directory = path.join(await temporaryDirectory(), 'a/b/c');
    await makeDirectory(directory);
    await makeDirectory(directory);
    expect((await stat(directory)).isDirectory()).toBe(true);
  });

  test('fails with the error of mkdir where a file is in the way', async () => {
    const file = path.join(await temporaryDirectory(), 'file');
    await writeFile(file, '');
    await expect(makeDirectory(file)).rejects.toThrow(`mkdir '${file}'`);
    await expect(makeDirectory(path.join(file, 'a/b'))).rejects.toThrow(`mkdir '${file}'`);
  });

  test('fails with the error of mkdir on a dangling symbolic link', async () => {
    const link = path.join(await temporaryDirectory(), 'link');
    await symlink('/no/such/directory', link);
    await expect(makeDirectory(link)).rejects.toThrow(`mkdir '${link}'`);
  });

  test.runIf(process.platform === 'linux')('fails in /proc', async () => {
    await expect(makeDirectory('/proc/classroom')).rejects.toThrow(/^ENOENT/);
    await expect(makeDirectory('/proc/classroom/a/b')).rejects.toThrow(/^ENOENT/);
  });
});

test('a start removes staging directories of ended processes and keeps those of running ones', async () => {
  const dataDir = await temporaryDirectory();
  const ended = spawnSync('true').pid;
  const running = `initdb-${process.ppid}-0123abcd-AbCd12`;
  const names = [
    `initdb-${ended}-0123abcd-AbCd12`,
    `initdb-${process.pid}-0123abcd-AbCd12`,
    'draft-AbCd12',
    running,
  ];
  for (const name of names) {
    await mkdir(path.join(dataDir, 'cluster', name, 'data/base'), { recursive: true });
  }
  const database = await startEmbeddedPostgres({ dataDir, settings });
  expect((await readdir(path.join(dataDir, 'cluster'))).toSorted()).toEqual([
    running,
    'postgresql',
  ]);
  await database.close();
});

/** Reads all log files: the server opens another one at midnight. */
async function readLogs(directory: string): Promise<string> {
  const files = await readdir(directory);
  const logs = await Promise.all(files.map((file) => readFile(path.join(directory, file), 'utf8')));
  return logs.join('');
}

describe('the log', () => {
  test('goes to one file for each day of the week, truncated on rotation', async () => {
    const dataDir = await temporaryDirectory();
    const database = await startEmbeddedPostgres({ dataDir, settings });
    await expect(query(database.url, 'select 1 / 0')).rejects.toThrow('division by zero');
    const directory = path.join(pgData(dataDir), 'log');
    for (const file of await readdir(directory)) {
      expect(file).toMatch(/^postgresql-(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\.log$/);
    }
    await expect.poll(() => readLogs(directory)).toContain('division by zero');
    expect(
      await query(
        database.url,
        `select name, setting from pg_settings
         where name in ('log_truncate_on_rotation', 'log_rotation_age') order by 1`,
      ),
    ).toEqual([
      { name: 'log_rotation_age', setting: '1440' },
      { name: 'log_truncate_on_rotation', setting: 'on' },
    ]);
    await database.close();
  });

  test('of an earlier week is removed at the start, and a large start log is truncated', async () => {
    const dataDir = await temporaryDirectory();
    await (await startEmbeddedPostgres({ dataDir, settings })).close();
    const old = path.join(pgData(dataDir), 'log/postgresql-old.log');
    await writeFile(old, 'old');
    const days = Date.now() / 1000 - 7 * 86_400;
    await utimes(old, days, days);
    const startLog = path.join(dataDir, 'cluster/postgresql/postgresql.log');
    await writeFile(startLog, 'x'.repeat(2_000_000));

    await (await startEmbeddedPostgres({ dataDir, settings })).close();
    expect(await readdir(path.dirname(old))).not.toContain(path.basename(old));
    expect((await stat(startLog)).size).toBeLessThan(10_000);
  });

  test('has the cause of a failed start, and the error names its path', async () => {
    const dataDir = await temporaryDirectory();
    await (await startEmbeddedPostgres({ dataDir, settings })).close();
    const home = path.dirname(pgData(dataDir));
    const startLog = path.join(home, 'postgresql.log');
    const logDirectory = path.join(home, 'data/log');
    const failure = `see ${startLog} and ${logDirectory}`;

    // Fails before the server opens its log.
    const misspelt = startEmbeddedPostgres({ dataDir, settings: ['no_such_setting=1'] });
    await expect(misspelt).rejects.toThrow(failure);
    expect(await readFile(startLog, 'utf8')).toContain('no_such_setting');

    // Fails after the server has opened its log.
    const wal = path.join(home, 'data/pg_wal');
    const segments = (await readdir(wal)).filter((name) => /^[\dA-F]{24}$/.test(name));
    for (const segment of segments) await rm(path.join(wal, segment));
    await expect(startEmbeddedPostgres({ dataDir, settings })).rejects.toThrow(failure);
    await expect.poll(() => readLogs(logDirectory)).toContain('checkpoint record');
  });
});
