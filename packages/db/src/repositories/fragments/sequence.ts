import { type Expression, type QueryCreator, sql } from 'kysely';
import type { Tables } from '../../database.ts';
import { CHANGED_NOW } from './columns.ts';

/**
 * Part of a statement that changes something in a session: takes the next number of the session with
 * that id, and none when it is null. The row stays locked until the end of the transaction, so that
 * changes are visible in the order of their numbers.
 */
export function incrementSequence(sessionId: Expression<number | null>) {
  return (db: QueryCreator<Tables>) =>
    db
      .updateTable('sessions as session')
      .set({ change_number: sql`session.change_number + 1`, ...CHANGED_NOW })
      .where('session.id', '=', sessionId)
      .returning(['session.id', 'session.change_number']);
}
