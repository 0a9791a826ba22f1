import { type Expression, type QueryCreator, sql } from 'kysely';
import type { Tables } from '../database.ts';

/** Part of a statement: the first slot, from 1 on, that no pending question of the author holds. */
export function freeQuestionSlot(authorId: Expression<number | null>, slots: number) {
  return (db: QueryCreator<Tables>) =>
    db
      .selectFrom(
        sql<{ slot: number }>`generate_series(1, ${sql.lit(slots)})`.as<'candidate'>(
          sql`candidate(slot)`,
        ),
      )
      .select('candidate.slot')
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('questions')
              .where('questions.author_id', '=', authorId)
              .whereRef('questions.author_slot', '=', 'candidate.slot')
              .select('questions.id'),
          ),
        ),
      )
      .orderBy('candidate.slot')
      .limit(sql.lit(1));
}
