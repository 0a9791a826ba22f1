import { sql } from 'kysely';
import type { Database } from '../database.ts';

/**
 * How many sessions are open; counting stops at `atMost`. It reads the index of the sessions that
 * have not ended, however many have.
 */
export async function countOpenSessions(db: Database, atMost: number): Promise<number> {
  const { rows } = await sql<{ open: number }>`
    select count(*)::int as open from (
      select from sessions where status <> 'ended' and expires_at > now() limit ${atMost}
    ) as counted
  `.execute(db);
  return rows[0]?.open ?? 0;
}
