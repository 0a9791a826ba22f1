import { sql } from 'kysely';
import type { Database } from '../database.ts';

/** Every row of every table as text, with bytes in hexadecimal. */
export async function dumpTables(db: Database): Promise<string> {
  const dumps: string[] = [];
  for (const { name } of await db.introspection.getTables()) {
    const { rows } = await sql<{ row: string }>`
      select to_jsonb(t)::text as row from ${sql.table(name)} t
    `.execute(db);
    dumps.push(...rows.map(({ row }) => row));
  }
  return dumps.join('\n');
}
