import { Migrator } from 'kysely/migration';
import { migrations } from '../migrations/index.ts';
import type { Database } from './database.ts';

/** Creates a migrator over the static list of migrations; kysely-ctl uses it too. */
export function createMigrator(db: Database): Migrator {
  return new Migrator({ db, provider: { getMigrations: async () => migrations } });
}

/**
 * Applies all pending migrations in one transaction. Concurrent callers wait for an advisory lock, so
 * `db` must have no statement timeout.
 *
 * @returns the names of the migrations that this call applied
 * @throws when a migration fails; the whole call is rolled back
 */
export async function migrateToLatest(db: Database): Promise<string[]> {
  const { error, results = [] } = await createMigrator(db).migrateToLatest();
  if (error !== undefined) {
    const failed = results.find((result) => result.status === 'Error');
    const subject = failed === undefined ? 'The migration' : `Migration ${failed.migrationName}`;
    const reason = error instanceof Error ? error.message : 'unknown error';
    throw new Error(`${subject} failed: ${reason}`, { cause: error });
  }
  return results.map((result) => result.migrationName);
}
