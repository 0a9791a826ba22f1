import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, inject, test } from 'vitest';
import { migrations } from '../migrations/index.ts';
import { createDatabase } from './database.ts';
import { createMigrator, migrateToLatest } from './migrate.ts';
import { administer, createTestDatabase, databaseUrl } from './testing.ts';

const names = Object.keys(migrations);

test('every migration file is listed, in order', async () => {
  const files = await readdir(path.join(import.meta.dirname, '..', 'migrations'));
  const numbered = files
    .filter((file) => /^\d{4}-/.test(file))
    .map((file) => path.parse(file).name);
  expect(names).toEqual(numbered.toSorted());
});

test('several processes may migrate at once: each migration is applied once', async () => {
  const { serverUrl } = inject('testDatabase');
  const name = `test_migrate_${process.pid}`;
  await administer(serverUrl, `create database ${name}`);
  const databases = Array.from({ length: 5 }, () =>
    createDatabase(databaseUrl(serverUrl, name), { statementTimeoutMs: 0 }),
  );
  try {
    const applied = await Promise.all(databases.map(migrateToLatest));
    expect(applied.flat()).toEqual(names);
  } finally {
    await Promise.all(databases.map((db) => db.destroy()));
    await administer(serverUrl, `drop database ${name} with (force)`);
  }
});

test('migrations can be undone and applied again', async () => {
  await using database = await createTestDatabase({ statementTimeoutMs: 0 });
  const migrator = createMigrator(database.db);
  for (const _ of names) expect((await migrator.migrateDown()).error).toBeUndefined();
  const tables = await database.db.introspection.getTables();
  expect(tables).toEqual([]);
  expect(await migrateToLatest(database.db)).toEqual(names);
});
