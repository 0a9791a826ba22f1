import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmbeddedPostgres } from '@classroom/embedded-postgres';
import { expect, onTestFinished, test } from 'vitest';
import { createDatabase } from './database.ts';
import { checkWritable } from './server-status.ts';
import { administer, createTestDatabase, SLOW_MACHINE_TIMEOUTS } from './testing.ts';

test.each([
  ['a setting of the database', 'DB set default_transaction_read_only = true'],
  ['a setting of its role', 'ROLE in database NAME set default_transaction_read_only = on'],
])('%s makes new and open connections read-only', async (_, setting) => {
  await using database = await createTestDatabase({ max: 1 });
  const alter = alterer(database.url);
  expect(await checkWritable(database.db)).toBe('writable');
  await alter(setting);
  expect(await checkWritable(database.db)).toBe('read-only');
  await using later = createDatabase(database.url, { ...SLOW_MACHINE_TIMEOUTS, max: 1 });
  expect(await checkWritable(later)).toBe('read-only');
  await alter(setting.replace(/ (on|true)$/, ' off'));
  expect(await checkWritable(later)).toBe('writable');
  await alter(setting.replace(/ set .*/, ' reset default_transaction_read_only'));
  expect(await checkWritable(later)).toBe('writable');
});

test('settings of the role override those of the database', async () => {
  await using database = await createTestDatabase();
  const alter = alterer(database.url);
  await alter('DB set default_transaction_read_only = on');
  await alter('ROLE in database NAME set default_transaction_read_only = off');
  expect(await checkWritable(database.db)).toBe('writable');
});

test('a connection with its own read-only setting is reported as read-only', async () => {
  await using database = await createTestDatabase();
  const url = new URL(database.url);
  url.searchParams.set('options', '-c default_transaction_read_only=on');
  await using db = createDatabase(url.href, SLOW_MACHINE_TIMEOUTS);
  expect(await checkWritable(db)).toBe('read-only');
});

test('checkWritable reports a standby as read-only', { timeout: 120_000 }, async () => {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'classroom-standby-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const settings = ['fsync=off'];
  await (await startEmbeddedPostgres({ dataDir, settings })).close();
  const data = path.join(await realpath(path.join(dataDir, 'cluster')), 'postgresql/data');
  await writeFile(path.join(data, 'standby.signal'), '');

  const standby = await startEmbeddedPostgres({ dataDir, settings });
  onTestFinished(() => standby.close());
  await using db = createDatabase(standby.url, SLOW_MACHINE_TIMEOUTS);
  expect(await checkWritable(db)).toBe('read-only');
});

test('checkWritable rejects when the database cannot be reached', async () => {
  await using db = createDatabase('postgres://127.0.0.1:1/nobody');
  await expect(checkWritable(db)).rejects.toThrow('ECONNREFUSED');
});

/** Changes a setting of the database or of the current role, also while it is read-only. */
function alterer(url: string): (setting: string) => Promise<void> {
  const { pathname, username } = new URL(url);
  const name = pathname.slice(1);
  return async (setting) => {
    const statement = setting
      .replace('DB', `database ${name}`)
      .replace('ROLE', `role ${username}`)
      .replace('NAME', name);
    await administer(url, `begin read write; alter ${statement}; commit`);
  };
}
