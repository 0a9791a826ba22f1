import type { AliasableExpression, Expression, QueryCreator } from 'kysely';
import type { Tables } from '../database.ts';

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
