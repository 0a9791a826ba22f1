import { type AliasableExpression, type Expression, type QueryCreator, sql } from 'kysely';
import type { Database, Tables } from '../database.ts';

/**
 * A user is resolved or created by name in two parts of one statement: look, and insert when there
 * was none. When a parallel call inserts the same name in between, neither part has a row: the
 * caller tries again. (`on conflict do update` would always have one, at a dead tuple per call.)
 */
export function selectUserByName(displayName: Expression<string>) {
  return (db: QueryCreator<Tables>) =>
    db.selectFrom('users').select('id').where('display_name', '=', displayName);
}

/** The second part: inserts the name where `condition` holds. */
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

/** So many that no statement takes too long. */
const CHUNK = 1_000;

/**
 * Within a transaction: deletes those of the names that nobody bears any more. They are locked first,
 * in the order of their ids, so that nobody takes one up meanwhile: whoever tries waits, and then
 * finds it gone.
 */
export async function deleteOrphanedNames(db: Database, userIds: number[]): Promise<void> {
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
    .execute();
}
