import { randomBytes } from 'node:crypto';
import { afterAll, inject } from 'vitest';
import { createDatabase, type Database } from './database.ts';
import type { PoolOptions } from './pool.ts';
export { administer, databaseUrl } from './testing/administer.ts';
export { captureQueries } from './testing/capture-queries.ts';
export { countConnections } from './testing/count-connections.ts';
export { countDeletedRows, lockQuestions, refuseDeletion } from './testing/deletions.ts';
export { dumpTables } from './testing/dump-tables.ts';
export { insertParticipants, insertQuestions, insertVotes } from './testing/fill-session.ts';
export { lockSessions } from './testing/lock-sessions.ts';
export { newCode, newParticipant, newSession } from './testing/new-session.ts';
export { ageSession, countSessions, expireSessions } from './testing/sessions.ts';
export { waitEvents } from './testing/wait-events.ts';
import { administer, databaseUrl } from './testing/administer.ts';
import type { TestServer } from './testing/test-server.ts';

export interface TestDatabase extends AsyncDisposable {
  url: string;
  db: Database;
}

/**
 * A migrated database of its own, cloned from a template in some milliseconds. It needs
 * `./testing/global-setup` in the vitest configuration.
 *
 * @example
 * await using database = await createTestDatabase();
 */
export async function createTestDatabase(options?: PoolOptions): Promise<TestDatabase> {
  const { serverUrl, template }: TestServer = inject('testDatabase');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await administer(serverUrl, `create database ${name} template ${template}`);
  const url = databaseUrl(serverUrl, name);
  const db = createDatabase(url, options);
  return {
    url,
    db,
    async [Symbol.asyncDispose]() {
      await db.destroy();
      await administer(serverUrl, `drop database ${name} with (force)`);
    },
  };
}

/** One for all tests of a file, dropped after the last. */
export async function useTestDatabase(options?: PoolOptions): Promise<TestDatabase> {
  const database = await createTestDatabase(options);
  afterAll(() => database[Symbol.asyncDispose]());
  return database;
}
