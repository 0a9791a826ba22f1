import { createDatabase, migrateToLatest } from '@classroom/db';
import { sql } from 'kysely';

const NAME = 'neighbour';

/** Makes another migrated database on the same server. @returns its address */
export async function createNeighbour(url: string): Promise<string> {
  await using db = createDatabase(url, { statementTimeoutMs: 0 });
  await sql`create database ${sql.id(NAME)}`.execute(db);
  const neighbour = new URL(url);
  neighbour.pathname = NAME;
  await using migrated = createDatabase(neighbour.href, { statementTimeoutMs: 0 });
  await migrateToLatest(migrated);
  return neighbour.href;
}
