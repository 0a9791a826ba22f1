import { sql } from 'kysely';
import type { Database } from '../database.ts';

/**
 * Locks the sessions in a transaction of its own, so that every statement that wants them waits.
 *
 * @returns what ends it
 */
export async function lockSessions(db: Database): Promise<() => Promise<void>> {
  const transaction = await db.startTransaction().execute();
  await sql`set local idle_in_transaction_session_timeout = 0`.execute(transaction);
  await sql`lock table sessions`.execute(transaction);
  return () => transaction.commit().execute();
}
