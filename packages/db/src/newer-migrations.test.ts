import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { migrations } from '../migrations/index.ts';
import type { Database } from './database.ts';
import { createMigrator, findNewerMigrations, migrateToLatest } from './migrate.ts';
import type { Compatibility } from './tables.ts';
import { createTestDatabase, holdLock, MIGRATOR_LOCK, waitEvents } from './testing.ts';

const names = Object.keys(migrations);
const create = () => createTestDatabase({ statementTimeoutMs: 0 });

/** Records a migration as a newer release does; a release before 0015 records no compatibility. */
async function execute(db: Database, name: string, compatibility?: Compatibility): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const timestamp = new Date().toISOString();
    await sql`insert into kysely_migration values (${name}, ${timestamp})`.execute(transaction);
    if (compatibility === undefined) return;
    await transaction
      .insertInto('migration_compatibility')
      .values({ name, compatibility })
      .execute();
  });
}

test('the database records the compatibility of every executed migration', async () => {
  await using database = await create();
  const records = () =>
    database.db.selectFrom('migration_compatibility').selectAll().orderBy('name').execute();
  const listed = Object.entries(migrations).map(([name, { compatibility }]) => ({
    name,
    compatibility,
  }));
  expect(await records()).toEqual(listed);
  const migrator = createMigrator(database.db);
  expect((await migrator.migrateTo('0014-name-hashes')).error).toBeUndefined();
  await migrateToLatest(database.db);
  expect(await records()).toEqual(listed);
});

test('a release starts beside newer migrations that are all expand', async () => {
  await using database = await create();
  await execute(database.db, '9001-topics', 'expand');
  await execute(database.db, '9002-colours', 'expand');
  expect(await migrateToLatest(database.db)).toEqual({
    applied: [],
    newer: ['9001-topics', '9002-colours'],
  });
});

test.each<{ kind: string; compatibility?: Compatibility }>([
  { kind: 'contract', compatibility: 'contract' },
  { kind: 'not recorded' },
])(
  'a release refuses a newer migration that is $kind, also among others',
  async ({ compatibility }) => {
    await using database = await create();
    await execute(database.db, '9001-topics', 'expand');
    await execute(database.db, '9002-no-titles', compatibility);
    await execute(database.db, '9003-colours', 'expand');
    await expect(migrateToLatest(database.db)).rejects.toThrow(
      /^The database has newer migrations that do not allow this release: 9002-no-titles; start a newer release$/,
    );
  },
);

test('a release refuses a database that lacks migrations and has others, and changes nothing', async () => {
  await using database = await create();
  const migrator = createMigrator(database.db);
  expect((await migrator.migrateTo('0014-name-hashes')).error).toBeUndefined();
  await execute(database.db, '0015-topics');
  await expect(migrateToLatest(database.db)).rejects.toThrow(
    /^The database has migrations that this release lacks \(0015-topics\) and lacks migrations of this release \(0015-migration-compatibility\); start the release that migrated it$/,
  );
  const tables = await database.db.introspection.getTables();
  expect(tables.map(({ name }) => name)).not.toContain('migration_compatibility');
});

describe('a release that waits for the migrations of a newer one', () => {
  const afterWaiting = async (db: Database, compatibility: Compatibility) => {
    const unlock = await holdLock(db, sql`select pg_advisory_xact_lock(${MIGRATOR_LOCK})`);
    const migrated = migrateToLatest(db).catch((error: unknown) => error);
    await expect.poll(() => waitEvents(db)).toContain('Lock');
    await execute(db, '9001-topics', compatibility);
    await unlock();
    return await migrated;
  };

  test('starts beside expand', async () => {
    await using database = await create();
    const outcome = await afterWaiting(database.db, 'expand');
    expect(outcome).toEqual({ applied: [], newer: ['9001-topics'] });
  });

  test('refuses contract', async () => {
    await using database = await create();
    const outcome = await afterWaiting(database.db, 'contract');
    expect(String(outcome)).toMatch(/newer migrations that do not allow this release: 9001-topics/);
  });
});

test('the migrator of kysely-ctl lists newer migrations as executed, and does not revert them', async () => {
  await using database = await create();
  await execute(database.db, '9001-topics', 'expand');
  const migrator = createMigrator(database.db, await findNewerMigrations(database.db));
  const listed = await migrator.getMigrations();
  expect(listed.map(({ name }) => name)).toEqual([...names, '9001-topics']);
  expect(listed.filter(({ executedAt }) => executedAt === undefined)).toEqual([]);
  expect(await migrator.migrateToLatest()).toEqual({ results: [] });
  expect(String((await migrator.migrateDown()).error)).toMatch(/does not have the migration/);
  expect(await findNewerMigrations(database.db)).toEqual(['9001-topics']);
});
