import type { Database } from '@classroom/db';
import { sql } from 'kysely';

export interface Size {
  /** In all tables together. */
  rows: number;
  /** On disk, with indexes and the system's own tables, without the log. */
  bytes: number;
}

/** How large the database is. */
export async function measureSize(db: Database): Promise<Size> {
  const result = await sql<Size>`
    select
      (select count(*) from users) + (select count(*) from sessions)
        + (select count(*) from session_participants) + (select count(*) from questions) as rows,
      pg_database_size(current_database()) as bytes
  `.execute(db);
  const [size] = result.rows;
  if (size === undefined) throw new Error('measureSize: a select of one row returned none');
  return size;
}
