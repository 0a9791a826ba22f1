import { type Migration, Migrator } from 'kysely/migration';
import { migrations, type ReleasedMigration } from '../migrations/index.ts';
import type { Database } from './database.ts';

/** Creates the table that records the compatibility of migrations. */
const FIRST_RECORDED = '0015-migration-compatibility';

/**
 * Creates a migrator over the static list of migrations; kysely-ctl uses it too.
 *
 * @param newer executed migrations of newer releases, which Kysely would report as missing
 */
export function createMigrator(db: Database, newer: readonly string[] = []): Migrator {
  const all = new Map<string, Migration>();
  for (const [name, migration] of Object.entries(migrations)) {
    all.set(name, name < FIRST_RECORDED ? migration : recorded(name, migration));
  }
  for (const name of newer) all.set(name, { up: refuseToRun, down: refuseToRun });
  return new Migrator({ db, provider: { getMigrations: async () => Object.fromEntries(all) } });
}

/** Adds the record of a migration to its transaction. The first one also records its predecessors. */
function recorded(name: string, { up, down }: ReleasedMigration): Migration {
  const executed = Object.entries(migrations).filter(
    ([other]) => other === name || (name === FIRST_RECORDED && other < name),
  );
  return {
    async up(db: Database) {
      await up(db);
      await db
        .insertInto('migration_compatibility')
        .values(executed.map(([other, { compatibility }]) => ({ name: other, compatibility })))
        .execute();
    },
    async down(db: Database) {
      await db.deleteFrom('migration_compatibility').where('name', '=', name).execute();
      await down(db);
    },
  };
}

async function refuseToRun(): Promise<never> {
  throw new Error('This release does not have the migration; use a newer one');
}

/**
 * Applies all pending migrations, each in a transaction of its own, so that other processes wait for the
 * locks of one migration at a time. Concurrent callers wait for an advisory lock, so `db` must have no
 * statement timeout.
 *
 * @returns the names of the migrations that this call applied, and of those of newer releases
 * @throws when a migration fails (earlier ones stay applied), or for the reasons of `findNewerMigrations`
 */
export async function migrateToLatest(
  db: Database,
): Promise<{ applied: string[]; newer: string[] }> {
  const migrator = createMigrator(db);
  const applied: string[] = [];
  for (;;) {
    const { error, results = [] } = await migrator.migrateUp();
    const failed = results.find((result) => result.status === 'Error');
    if (failed !== undefined) throw failure(`Migration ${failed.migrationName}`, error);
    if (results.length === 0) {
      // Kysely refuses migrations of newer releases after it has waited for the lock, so this sees them.
      const newer = await findNewerMigrations(db);
      if (error !== undefined && newer.length === 0) throw failure('The migration', error);
      return { applied, newer };
    }
    applied.push(...results.map((result) => result.migrationName));
  }
}

function failure(subject: string, error: unknown): Error {
  const reason = error instanceof Error ? error.message : 'unknown error';
  return new Error(`${subject} failed: ${reason}`, { cause: error });
}

/**
 * Finds the executed migrations that this release does not know.
 *
 * @throws when this release must not run beside one of them, or when it has migrations of its own that
 *   the database lacks
 */
export async function findNewerMigrations(db: Database): Promise<string[]> {
  const { executed, expanding } = await readHistory(db);
  const newer = executed.filter((name) => !Object.hasOwn(migrations, name));
  if (newer.length === 0) return [];
  const pending = Object.keys(migrations).filter((name) => !executed.includes(name));
  if (pending.length > 0) {
    throw new Error(
      `The database has migrations that this release lacks (${newer.join(', ')}) and lacks migrations of this release (${pending.join(', ')}); start the release that migrated it`,
    );
  }
  const contracting = newer.filter((name) => !expanding.has(name));
  if (contracting.length > 0) {
    throw new Error(
      `The database has newer migrations that do not allow this release: ${contracting.join(', ')}; start a newer release`,
    );
  }
  return newer;
}

/** Says that this release runs beside newer migrations. */
export function describeNewer(newer: readonly string[]): string {
  return `The database has newer migrations, which allow this release: ${newer.join(', ')}`;
}

/** Reads the names of executed migrations, and which of them are recorded as *expand*. */
async function readHistory(
  db: Database,
): Promise<{ executed: string[]; expanding: ReadonlySet<string> }> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  const exists = (table: string) => tables.some(({ name }) => name === table);
  if (!exists('kysely_migration')) return { executed: [], expanding: new Set() };
  const executed = await db
    .withTables<{ kysely_migration: { name: string } }>()
    .selectFrom('kysely_migration')
    .select('name')
    .orderBy('name')
    .execute();
  // Read second: a migration and its record are committed together.
  const expanding = exists('migration_compatibility')
    ? await db
        .selectFrom('migration_compatibility')
        .where('compatibility', '=', 'expand')
        .select('name')
        .execute()
    : [];
  return {
    executed: executed.map(({ name }) => name),
    expanding: new Set(expanding.map(({ name }) => name)),
  };
}
