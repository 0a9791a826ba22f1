import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { loadEnvFile } from 'node:process';
import { startEmbeddedPostgres } from '@classroom/embedded-postgres';
import { PostgresDialect } from 'kysely';
import { defineConfig } from 'kysely-ctl';
import { seedClassrooms } from './seeds/classrooms.ts';
import type { Database } from './src/database.ts';
import { createMigrator, describeNewer, findNewerMigrations } from './src/migrate.ts';
import { createPool, MIGRATION_POOL } from './src/pool.ts';

const REPOSITORY = path.resolve(import.meta.dirname, '../..');
const ENV_FILE = path.join(REPOSITORY, '.env');

if (existsSync(ENV_FILE)) loadEnvFile(ENV_FILE);

/** Opens a pool on the database of `pnpm start`, past a pooler. An embedded server ends with the pool. */
async function openPool() {
  const { DATABASE_URL, DATABASE_DIRECT_URL, DATA_DIR } = process.env;
  const embedded = DATABASE_URL
    ? undefined
    : await startEmbeddedPostgres({ dataDir: path.resolve(REPOSITORY, DATA_DIR || '.data') });
  const pool = createPool(
    embedded?.url ?? (DATABASE_DIRECT_URL || DATABASE_URL || ''),
    MIGRATION_POOL,
  );
  return {
    ...pool,
    end: async () => {
      await pool.end();
      await embedded?.close();
    },
  };
}

/** Lists the migrations of newer releases as executed, or throws when one does not allow this release. */
async function openMigrator(db: Database) {
  const newer = await findNewerMigrations(db);
  if (newer.length > 0) console.log(describeNewer(newer));
  return createMigrator(db, newer);
}

/** Returns the next migration number, such as `0009-`. */
function nextPrefix(): string {
  const files = readdirSync(path.join(import.meta.dirname, 'migrations'));
  const count = files.filter((file) => /^\d/.test(file)).length;
  return `${String(count + 1).padStart(4, '0')}-`;
}

async function getSeeds() {
  if (process.env['NODE_ENV'] === 'production') {
    throw new Error('The seeds have public tokens; run them without NODE_ENV=production');
  }
  return { classrooms: { seed: seedClassrooms } };
}

export default defineConfig({
  dialect: new PostgresDialect({ pool: openPool }),
  migrations: { migrator: openMigrator, getMigrationPrefix: nextPrefix },
  seeds: { provider: { getSeeds } },
});
