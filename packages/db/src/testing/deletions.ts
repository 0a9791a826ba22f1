import { sql } from 'kysely';
import type { Database } from '../database.ts';

/**
 * From now on counts the rows that each statement deletes.
 *
 * @returns what gives the largest count so far of each table
 */
export async function countDeletedRows(
  db: Database,
): Promise<() => Promise<Record<string, number>>> {
  await sql`create table deletions (of_table text, rows integer)`.execute(db);
  await sql`
    create function count_deleted() returns trigger language plpgsql as $$
      begin
        insert into deletions select tg_table_name, count(*) from deleted;
        return null;
      end
    $$
  `.execute(db);
  for (const table of ['question_votes', 'questions', 'session_participants']) {
    await sql`
      create trigger count_deleted after delete on ${sql.table(table)}
        referencing old table as deleted for each statement execute function count_deleted()
    `.execute(db);
  }
  return async () => {
    const { rows } = await sql<{ of_table: string; most: number }>`
      select of_table, max(rows) as most from deletions group by of_table
    `.execute(db);
    return Object.fromEntries(rows.map(({ of_table, most }) => [of_table, most]));
  };
}

/**
 * From now on refuses to delete what belongs to a session.
 *
 * @returns what ends that
 */
export async function refuseDeletion(db: Database, code: string): Promise<() => Promise<void>> {
  await sql`
    create function refuse_deletion() returns trigger language plpgsql as $$
      begin raise 'refused'; end
    $$
  `.execute(db);
  await sql`
    create trigger refuse_deletion before delete on session_participants for each row
      when (old.session_id = ${sql.lit(await idOf(db, code))}) execute function refuse_deletion()
  `.execute(db);
  return async () => {
    await sql`drop function refuse_deletion cascade`.execute(db);
  };
}

/**
 * Locks the questions of a session in a transaction of its own.
 *
 * @returns what ends it
 */
export async function lockQuestions(db: Database, code: string): Promise<() => Promise<void>> {
  const sessionId = await idOf(db, code);
  const transaction = await db.startTransaction().execute();
  await sql`set local idle_in_transaction_session_timeout = 0`.execute(transaction);
  await sql`select from questions where session_id = ${sessionId} for update`.execute(transaction);
  return () => transaction.commit().execute();
}

async function idOf(db: Database, code: string): Promise<number> {
  const { id } = await db
    .selectFrom('sessions')
    .where('code', '=', code)
    .select('id')
    .executeTakeFirstOrThrow();
  return id;
}
