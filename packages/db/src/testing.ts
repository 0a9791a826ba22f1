import { randomBytes } from 'node:crypto';
import { afterAll, inject } from 'vitest';
import { createDatabaseOn, type Database } from './database.ts';
import { createPool, type DatabasePool, type PoolOptions } from './pool.ts';
import { administer, databaseUrl, SLOW_MACHINE_TIMEOUTS } from './testing/server.ts';

export * from './testing/earlier-sessions.ts';
export * from './testing/fixtures.ts';
export * from './testing/inspection.ts';
export * from './testing/locks.ts';
export { administer, databaseUrl, SLOW_MACHINE_TIMEOUTS };

declare module 'vitest' {
  interface ProvidedContext {
    /** Provided by `./testing/global-setup`. */
    testDatabase: {
      serverUrl: string;
      /** The name of a migrated database to clone. */
      template: string;
    };
  }
}

export interface TestDatabase extends AsyncDisposable {
  url: string;
  /** The pool of `db`. */
  pool: DatabasePool;
  db: Database;
}

/**
 * Creates a migrated database by cloning a template, in 8 to 20 ms. Needs `./testing/global-setup` in
 * the vitest configuration.
 *
 * @example
 * await using database = await createTestDatabase();
 */
export async function createTestDatabase(options?: PoolOptions): Promise<TestDatabase> {
  const { serverUrl, template } = inject('testDatabase');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await administer(serverUrl, `create database ${name} template ${template}`);
  const url = databaseUrl(serverUrl, name);
  const pool = createPool(url, { ...SLOW_MACHINE_TIMEOUTS, ...options });
  const db = createDatabaseOn(pool);
  return {
    url,
    pool,
    db,
    async [Symbol.asyncDispose]() {
      await db.destroy();
      await administer(serverUrl, `drop database ${name} with (force)`);
    },
  };
}

/** Creates one database for all tests of a file, dropped after the last. */
export async function useTestDatabase(options?: PoolOptions): Promise<TestDatabase> {
  const database = await createTestDatabase(options);
  afterAll(() => database[Symbol.asyncDispose]());
  return database;
}
