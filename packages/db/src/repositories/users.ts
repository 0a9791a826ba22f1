import { type AliasableExpression, type Expression, type QueryCreator, sql } from 'kysely';
import type { Database, Tables } from '../database.ts';

/**
 * Part of a statement that finds or creates a user: the first of two CTEs. Neither returns a row when
 * a parallel call inserts the same name in between; the caller retries. (`on conflict do update`
 * always returns a row, but writes a dead tuple per call.)
 */
export function findUserByName(displayName: Expression<string>) {
  return (db: QueryCreator<Tables>) =>
    db.selectFrom('users').select('id').where('display_name', '=', displayName);
}

/** The second of the two CTEs: inserts the name if `condition` holds. */
export function insertUserWhere(
  displayName: AliasableExpression<string>,
  condition: Expression<boolean>,
) {
  return (db: QueryCreator<Tables>) =>
    db
      .insertInto('users')
      .columns(['display_name'])
      .expression(db.selectNoFrom(displayName.as('display_name')).where(condition))
      .onConflict((conflict) => conflict.doNothing())
      .returning('id');
}

/** Rows per statement: keeps every statement far below its timeout. */
const CHUNK = 1_000;

/**
 * Deletes the users among `userIds` that no session and no participant, removed or not, refers to. Locks
 * them first, in id order, so that no parallel call can refer to them. Call it within a transaction.
 */
export async function deleteOrphanedUsers(db: Database, userIds: number[]): Promise<void> {
  const sorted = userIds.toSorted((a, b) => a - b);
  for (let from = 0; from < sorted.length; from += CHUNK) {
    await deleteOrphans(db, sorted.slice(from, from + CHUNK));
  }
}

async function deleteOrphans(db: Database, userIds: number[]): Promise<void> {
  await db
    .selectFrom('users')
    .where('id', '=', sql<number>`any(${userIds})`)
    .orderBy('id')
    .select('id')
    .forUpdate()
    .execute();
  await db
    .deleteFrom('users')
    .where('id', '=', sql<number>`any(${userIds})`)
    .where((eb) =>
      eb.not(
        eb.exists(eb.selectFrom('sessions').whereRef('host_user_id', '=', 'users.id').select('id')),
      ),
    )
    .where((eb) =>
      eb.not(
        eb.exists(
          eb.selectFrom('session_participants').whereRef('user_id', '=', 'users.id').select('id'),
        ),
      ),
    )
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('removed_participants')
            .whereRef('user_id', '=', 'users.id')
            .select('participant_id'),
        ),
      ),
    )
    .execute();
}
