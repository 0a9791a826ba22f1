import type { Database } from '@classroom/db';
import { CODE_ALPHABET } from '@classroom/schema';
import { type RawBuilder, sql } from 'kysely';

const TABLES = ['users', 'sessions', 'session_participants', 'questions'];

/** The open sessions of one host: the limit. */
const SESSIONS_PER_CLASS = 3;
/** The host and two students. Each of them takes part in all sessions of the class. */
const USERS_PER_CLASS = 3;
/** A multiple of SESSIONS_PER_CLASS, so that no class is in two batches. */
const SESSIONS_PER_BATCH = 10_000 * SESSIONS_PER_CLASS;
const PARALLEL_BATCHES = 2;

const CODE_LENGTH = 6;
/** Coprime to the number of codes, so that no two sessions share a code. */
const CODE_STRIDE = 61_803_399;

/**
 * Empties the database, inserts `count` open sessions, updates the statistics of the planner and writes a
 * checkpoint.
 *
 * @param db connects as a superuser, without a statement timeout
 */
export async function fillSessions(db: Database, count: number): Promise<void> {
  await sql`truncate ${sql.join(TABLES.map((table) => sql.table(table)))} cascade`.execute(db);
  let next = 1;
  const insertBatches = async () => {
    while (next <= count) {
      const first = next;
      next += SESSIONS_PER_BATCH;
      await db.transaction().execute(async (transaction) => {
        // Skips foreign key checks, which would double the time; the rows satisfy them.
        await sql`set local session_replication_role = replica`.execute(transaction);
        await insertClasses(transaction, first, Math.min(first + SESSIONS_PER_BATCH - 1, count));
      });
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_BATCHES }, insertBatches));
  for (const table of TABLES) {
    await sql`
      select setval(pg_get_serial_sequence(${table}, 'id'), coalesce(max(id), 1))
      from ${sql.table(table)}
    `.execute(db);
  }
  // Without rows, statistics would make the planner expect empty tables.
  if (count > 0) await sql`vacuum analyze`.execute(db);
  await sql`checkpoint`.execute(db);
}

/**
 * Inserts the sessions numbered `first` to `last` with their classes, and a question in each. All ids are
 * calculated from these numbers.
 */
async function insertClasses(db: Database, first: number, last: number): Promise<void> {
  const users = sql.lit(USERS_PER_CLASS);
  const numbers = sql`generate_series(${first}::bigint, ${last}::bigint) as n`;
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

/** The join code of a session by its number. Successive codes are far apart, like random codes. */
function codeOf(number: RawBuilder<number>): RawBuilder<string> {
  const base = CODE_ALPHABET.length;
  const codes = sql.lit(base ** CODE_LENGTH);
  const scattered = sql`${number}::bigint * ${sql.lit(CODE_STRIDE)} % ${codes}`;
  const letters = Array.from({ length: CODE_LENGTH }, (_, place) => {
    const index = sql`(${scattered}) / ${sql.lit(base ** place)} % ${sql.lit(base)}`;
    return sql`substr(${sql.lit(CODE_ALPHABET)}, (${index})::int + 1, 1)`;
  });
  return sql<string>`${sql.join(letters, sql` || `)}`;
}
