import { Migrator } from 'kysely/migration';
import { migrations } from '../migrations/index.ts';
import type { Database } from './database.ts';

/** The migrator over the static list; kysely-ctl uses the same one. */
export function createMigrator(db: Database): Migrator {
  return new Migrator({ db, provider: { getMigrations: async () => migrations } });
}

/**
 * Brings the schema up to date. Any number of processes may do so at once: they take turns on a
 * lock in the database, so `db` must not limit how long a statement may wait.
 *
 * @returns the names of the migrations that this call applied
 * @throws when one fails; none of what this call did remains
 */
export async function migrateToLatest(db: Database): Promise<string[]> {
  const { error, results = [] } = await createMigrator(db).migrateToLatest();
  if (error !== undefined) {
    const failed = results.find((result) => result.status === 'Error');
    const what = failed === undefined ? 'The migration' : `Migration ${failed.migrationName}`;
    const why = error instanceof Error ? error.message : 'no reason was given';
    throw new Error(`${what} failed: ${why}`, { cause: error });
  }
  return results.map((result) => result.migrationName);
}
