import { type Expression, type QueryCreator, sql } from 'kysely';
import type { Tables } from '../../database.ts';
import { SESSION_IS_OPEN } from './columns.ts';

/** `now()` would be the start of the transaction. */
export const CHANGED_NOW = { changed_at: sql<Date>`clock_timestamp()` };

/** Assigns the next sequence number to a change of the columns of `sessions as session` itself. */
export const NEXT_SESSION_CHANGE = {
  change_number: sql<number>`session.change_number + 1`,
  status_change_number: sql<number>`session.change_number + 1`,
  ...CHANGED_NOW,
};

/**
 * Part of a statement: increments the sequence number of an open session, or of none when the id is
 * null. Returns no row when another call ended the session while this one waited for the row lock.
 * The row stays locked until the transaction ends, so changes become visible in sequence order.
 */
export function incrementSequence(sessionId: Expression<number | null>) {
  return (db: QueryCreator<Tables>) =>
    db
      .updateTable('sessions as session')
      .set({ change_number: sql`session.change_number + 1`, ...CHANGED_NOW })
      .where('session.id', '=', sessionId)
      .where(SESSION_IS_OPEN)
      .returning(['session.id', 'session.change_number']);
}
