import { sql } from 'kysely';
import type { Database } from '../database.ts';

/** Puts the time of every session of a host into the past. */
export async function expireSessions(db: Database, hostDisplayName: string): Promise<void> {
  await sql`
    update sessions set expires_at = now() - interval '1 h'
    from users where users.id = host_user_id and display_name = ${hostDisplayName}
  `.execute(db);
}

/** How many sessions a host has, and how many of them are open. */
export async function countSessions(
  db: Database,
  hostDisplayName: string,
): Promise<{ all: number; open: number }> {
  const { rows } = await sql<{ all: number; open: number }>`
    select count(*)::int as all, (count(*) filter (where status <> 'ended'))::int as open
    from sessions join users on users.id = host_user_id where display_name = ${hostDisplayName}
  `.execute(db);
  return rows[0] ?? { all: 0, open: 0 };
}

/** Makes it so many days since an ended session ended. */
export async function ageSession(db: Database, code: string, days: number): Promise<void> {
  await sql`
    update sessions set ended_at = now() - make_interval(days => ${days}) where code = ${code}
  `.execute(db);
}
