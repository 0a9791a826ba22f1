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

/**
 * For a statement with a CTE `affected_questions`: advances the sequence number of `sessions as session`
 * by one for each of them, and by one more.
 */
export const SEQUENCE_PER_QUESTION = {
  change_number: sql<number>`
    session.change_number + 1 + (select count(*) from affected_questions)
  `,
  ...CHANGED_NOW,
};

/** The rows of `affected_questions`, numbered from 1. */
export function numberAffectedQuestions<Row extends { id: number }>() {
  return sql<Row & { n: number }>`
    (select *, row_number() over (order by id) as n from affected_questions)
  `.as('numbered');
}

/** The sequence number of `numbered`; the last one of the statement is left to another row. */
export const SEQUENCE_OF_NUMBERED = sql<number>`sequence.change_number - numbered.n`;
