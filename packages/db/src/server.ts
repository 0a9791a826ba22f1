import { sql } from 'kysely';
import type { Database } from './database.ts';

/** The oldest PostgreSQL that this runs on, as a major version. */
export const OLDEST_POSTGRESQL = 15;

/** The server's major version. Also the cheapest way to learn whether it answers. */
export async function serverVersion(db: Database): Promise<number> {
  const { rows } = await sql<{ version: number }>`
    select current_setting('server_version_num')::int / 10000 as version
  `.execute(db);
  return rows[0]?.version ?? 0;
}
