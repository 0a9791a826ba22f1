import type { Database } from '@classroom/db';
import { sql } from 'kysely';
import { insertClasses, SESSIONS_PER_CLASS } from './insert-classes.ts';

const TABLES = ['users', 'sessions', 'session_participants', 'questions'];

/** No class is in two batches. */
const SESSIONS_PER_BATCH = 10_000 * SESSIONS_PER_CLASS;
const AT_ONCE = 2;

/**
 * Empties the database and puts so many open sessions into it, as if they had been there for long:
 * with statistics, and nothing left to write.
 *
 * @param db without a limit on the time of a statement, as a superuser
 */
export async function fillSessions(db: Database, count: number): Promise<void> {
  await sql`truncate ${sql.join(TABLES.map((table) => sql.table(table)))} cascade`.execute(db);
  let next = 1;
  const insertBatches = async () => {
    while (next <= count) {
      const from = next;
      next += SESSIONS_PER_BATCH;
      await db.transaction().execute(async (transaction) => {
        // The foreign keys hold by what is inserted. To check them for each row takes twice the time.
        await sql`set local session_replication_role = replica`.execute(transaction);
        await insertClasses(transaction, from, Math.min(from + SESSIONS_PER_BATCH - 1, count));
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, insertBatches));
  for (const table of TABLES) {
    await sql`
      select setval(pg_get_serial_sequence(${table}, 'id'), coalesce(max(id), 1))
      from ${sql.table(table)}
    `.execute(db);
  }
  // What is known to be empty is planned for as if it stayed so; a new table is not.
  if (count > 0) await sql`vacuum analyze`.execute(db);
  await sql`checkpoint`.execute(db);
}
