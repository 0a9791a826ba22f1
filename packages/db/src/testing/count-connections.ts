import { sql } from 'kysely';
import type { Database } from '../database.ts';

/** How many connections the server has for pools of `createDatabase`, but for the one that asks. */
export async function countConnections(db: Database): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from pg_stat_activity
    where datname = current_database() and application_name = 'classroom'
      and pid <> pg_backend_pid()
  `.execute(db);
  return rows[0]?.count ?? 0;
}
