import type { Expression, QueryCreator } from 'kysely';
import type { Tables } from '../../database.ts';
import { SESSION_COLUMNS, SESSION_IS_OPEN } from './columns.ts';

/** Part of a statement: the open session with that code. */
export function selectOpenSession(code: Expression<string>) {
  return (db: QueryCreator<Tables>) =>
    db
      .selectFrom('sessions as session')
      .innerJoin('users as host', 'host.id', 'session.host_user_id')
      .where('session.code', '=', code)
      .where(SESSION_IS_OPEN)
      .select([...SESSION_COLUMNS, 'session.status']);
}
