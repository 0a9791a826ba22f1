import { Migrator } from 'kysely/migration';
import { migrations } from '../migrations/index.ts';
import type { Database } from './database.ts';

/** Creates a migrator over the static list of migrations; kysely-ctl uses it too. */
export function createMigrator(db: Database): Migrator {
  return new Migrator({ db, provider: { getMigrations: async () => migrations } });
}

/**
 * Applies all pending migrations, each in a transaction of its own, so that other processes wait for the
 * locks of one migration at a time. Concurrent callers wait for an advisory lock, so `db` must have no
 * statement timeout.
 *
 * @returns the names of the migrations that this call applied
 * @throws when a migration fails; those before it stay applied
 */
export async function migrateToLatest(db: Database): Promise<string[]> {
  const migrator = createMigrator(db);
  const applied: string[] = [];
  for (;;) {
    const { error, results = [] } = await migrator.migrateUp();
    if (error !== undefined) {
      const failed = results.find((result) => result.status === 'Error');
      const subject = failed === undefined ? 'The migration' : `Migration ${failed.migrationName}`;
      const reason = error instanceof Error ? error.message : 'unknown error';
      throw new Error(`${subject} failed: ${reason}`, { cause: error });
    }
    if (results.length === 0) return applied;
    applied.push(...results.map((result) => result.migrationName));
  }
}
