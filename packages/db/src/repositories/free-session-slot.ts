import { type Expression, type QueryCreator, sql } from 'kysely';
import type { Tables } from '../database.ts';

/**
 * Part of a statement: a slot, from 1 to `slots`, that no participant of `open_session` holds. It
 * looks from a random one on, so that parallel calls seldom find the same, and stops at the first.
 */
export function freeSessionSlot(slots: Expression<number>) {
  return (db: QueryCreator<Tables & { open_session: { id: number } }>) =>
    db
      .with('first', (db) =>
        db.selectNoFrom(sql<number>`floor(random() * ${slots})::int`.as('slot')),
      )
      .selectFrom('open_session')
      .innerJoin('first', (join) => join.onTrue())
      // In the select list, where the series is not made whole before it is read.
      .innerJoin(
        sql<{ n: number }>`(select generate_series(0, ${slots} - 1) as n)`.as('step'),
        (join) => join.onTrue(),
      )
      .innerJoinLateral(
        sql<{ slot: number }>`(select (first.slot + step.n) % ${slots} + 1 as slot)`.as(
          'candidate',
        ),
        (join) => join.onTrue(),
      )
      // A value and not `exists`, for which the planner may read all participants first.
      .where((eb) =>
        eb(
          eb
            .selectFrom('session_participants as holder')
            .whereRef('holder.session_id', '=', 'open_session.id')
            .whereRef('holder.session_slot', '=', 'candidate.slot')
            .select('holder.id'),
          'is',
          null,
        ),
      )
      .select('candidate.slot')
      .limit(sql.lit(1));
}
