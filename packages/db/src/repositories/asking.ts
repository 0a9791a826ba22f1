import { type Expression, type QueryCreator, sql } from 'kysely';
import type { Tables } from '../database.ts';
import { callerId } from './caller.ts';
import { SESSION_IS_OPEN } from './session-columns.ts';

/**
 * Part of a statement: the caller with that token, in an open session. Session and caller are held
 * first, as their foreign keys would hold them last: who deletes the session waits at its row, who
 * removes the caller at theirs, and neither is waited for by what comes after.
 */
export function askingCaller(tokenHash: Expression<Buffer>) {
  return (db: QueryCreator<Tables>) =>
    db
      .selectFrom('session_participants as caller')
      .innerJoin('sessions as session', 'session.id', 'caller.session_id')
      .where('caller.id', '=', callerId(tokenHash))
      .where(SESSION_IS_OPEN)
      .select(['caller.id', 'caller.role', 'caller.session_id', 'session.code'])
      .forKeyShare(['session', 'caller']);
}

/** Part of a statement: the slots from 1 on that no pending question of the author holds. */
export function freeSlot(authorId: Expression<number | null>, slots: number) {
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
