import type { Database } from '@classroom/db';
import { sql } from 'kysely';
import { codeOf } from './code-of.ts';

/** Of the host of a class: as many as one may have open. */
export const SESSIONS_PER_CLASS = 3;
/** The host and two students, all of them in each of the sessions. */
const USERS_PER_CLASS = 3;

/**
 * Inserts the sessions with the numbers `from` to `to`, under way, with a question in each, and the
 * classes whose they are. All ids follow from these numbers, so that nothing is looked up.
 *
 * @param from the first session of a class
 */
export async function insertClasses(db: Database, from: number, to: number): Promise<void> {
  const users = sql.lit(USERS_PER_CLASS);
  const numbers = sql`generate_series(${from}::bigint, ${to}::bigint) as n`;
  const sessions = sql`
    (select n, (n - 1) / ${sql.lit(SESSIONS_PER_CLASS)} as class from ${numbers}) as session
  `;
  const members = sql`generate_series(1, ${users}) as m`;

  await sql`
    insert into users (id, display_name) overriding system value
    select class * ${users} + m, left(md5((class * ${users} + m)::text), 16)
    from (select distinct class from ${sessions}) as class, ${members}
  `.execute(db);
  await sql`
    insert into sessions (
      id, host_user_id, host_slot, code, title, status, started_at, expires_at,
      change_number, status_change_number
    ) overriding system value
    select
      n, class * ${users} + 1, n - class * ${sql.lit(SESSIONS_PER_CLASS)}, ${codeOf(sql`n`)},
      'Algebra I', 'active', now(), now() + (1 + random()) * interval '1 day', 2, 1
    from ${sessions}
  `.execute(db);
  await sql`
    insert into session_participants (id, session_id, user_id, role, token_hash)
    overriding system value
    select
      (n - 1) * ${users} + m, n, class * ${users} + m,
      case m when 1 then 'host' else 'participant' end, sha256((n || ' ' || m)::bytea)
    from ${sessions}, ${members}
  `.execute(db);
  await sql`
    insert into questions (
      id, session_id, author_id, author_slot, anonymous, body, change_number
    ) overriding system value
    select n, n, (n - 1) * ${users} + 2, 1, false, 'Is every tree bipartite?', 2
    from ${numbers}
  `.execute(db);
}
