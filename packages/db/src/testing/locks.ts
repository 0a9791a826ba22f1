import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../database.ts';

/** The key of the advisory lock that Kysely's migrator takes. */
export const MIGRATOR_LOCK = '3853314791062309107';

/**
 * Locks the table `sessions`, so that every statement on it waits.
 *
 * @returns releases the lock
 */
export function lockSessions(db: Database): Promise<() => Promise<void>> {
  return holdLock(db, sql`lock table sessions`);
}

/**
 * Locks one session, so that statements that change it wait.
 *
 * @returns releases the lock
 */
export function lockSession(db: Database, code: string): Promise<() => Promise<void>> {
  return holdLock(db, sql`select from sessions where code = ${code} for update`);
}

/**
 * Locks the questions of a session.
 *
 * @returns releases the locks
 */
export async function lockQuestions(db: Database, code: string): Promise<() => Promise<void>> {
  const sessionId = await idOf(db, code);
  return await holdLock(db, sql`select from questions where session_id = ${sessionId} for update`);
}

/**
 * Runs a statement in a transaction, which keeps the locks that it took.
 *
 * @returns commits the transaction
 */
export async function holdLock(
  db: Database,
  statement: RawBuilder<unknown>,
): Promise<() => Promise<void>> {
  const transaction = await db.startTransaction().execute();
  await sql`set local idle_in_transaction_session_timeout = 0`.execute(transaction);
  await statement.execute(transaction);
  return () => transaction.commit().execute();
}

/**
 * Makes deleting the participants of a session fail.
 *
 * @returns allows it again
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

async function idOf(db: Database, code: string): Promise<number> {
  const { id } = await db
    .selectFrom('sessions')
    .where('code', '=', code)
    .select('id')
    .executeTakeFirstOrThrow();
  return id;
}
