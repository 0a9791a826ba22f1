import type { Expression, QueryCreator } from 'kysely';
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
