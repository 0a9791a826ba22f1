import { type Expression, type QueryCreator, sql } from 'kysely';
import type { Tables } from '../database.ts';

/**
 * Part of a statement: a slot from 1 to `slots` that no participant of `open_session` holds. Probes
 * from a random slot on, to avoid conflicts between parallel joins.
 */
export function freeSessionSlot(slots: Expression<number>) {
  return (db: QueryCreator<Tables & { open_session: { id: number } }>) =>
    db
      .with('start', (db) =>
        db.selectNoFrom(sql<number>`floor(random() * ${slots})::int`.as('slot')),
      )
      .selectFrom('open_session')
      .innerJoin('start', (join) => join.onTrue())
      // In a select list the series is produced row by row; in a FROM clause it is materialised.
      .innerJoin(
        sql<{ n: number }>`(select generate_series(0, ${slots} - 1) as n)`.as('offset'),
        (join) => join.onTrue(),
      )
      .innerJoinLateral(
        sql<{ slot: number }>`(select ("start".slot + "offset".n) % ${slots} + 1 as slot)`.as(
          'slot',
        ),
        (join) => join.onTrue(),
      )
      // Scalar subquery: for `not exists` the planner may scan all participants.
      .where((eb) =>
        eb(
          eb
            .selectFrom('session_participants as holder')
            .whereRef('holder.session_id', '=', 'open_session.id')
            .whereRef('holder.session_slot', '=', 'slot.slot')
            .select('holder.id'),
          'is',
          null,
        ),
      )
      .select('slot.slot')
      .limit(sql.lit(1));
}
