import { sql } from 'kysely';
import type { Database } from '../database.ts';

/** What the other connections to the database wait for: `Lock`, `Timeout` when they sleep, … */
export async function waitEvents(db: Database): Promise<string[]> {
  const { rows } = await sql<{ wait_event_type: string }>`
    select wait_event_type from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and wait_event_type is not null
  `.execute(db);
  return rows.map(({ wait_event_type }) => wait_event_type);
}
