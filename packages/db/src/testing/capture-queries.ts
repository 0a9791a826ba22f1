import { type CompiledQuery, Kysely, PostgresDialect } from 'kysely';
import type { Database, Tables } from '../database.ts';
import { createPool } from '../pool.ts';

/** Every query that `run` sends, in order, as it was sent. */
export async function captureQueries(
  url: string,
  run: (db: Database) => Promise<unknown>,
): Promise<CompiledQuery[]> {
  const sent: CompiledQuery[] = [];
  await using db = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: createPool(url) }),
    log: (event) => void sent.push(event.query),
  });
  await run(db);
  return sent;
}
