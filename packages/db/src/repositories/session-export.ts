import { type NotNull, sql } from 'kysely';
import type { Database } from '../database.ts';
import { IS_LISTED, QUESTION_COLUMNS, selectAuthor, selectShownName } from './fragments/columns.ts';

interface ExportPage {
  sessionId: number;
  /** The last id of the previous page; 0 for the first page. */
  afterId: number;
  limit: number;
}

/** Returns a page of a session's participants, without moderators, by `user_id`. */
export async function exportParticipants(db: Database, page: ExportPage) {
  return await db
    .selectFrom((eb) =>
      eb
        .selectFrom('session_participants')
        .where('blocked_at', 'is', null)
        // Uses the index of a session's users; ordered by time of joining, each page would read all rows.
        .where('session_id', '>=', page.sessionId)
        .where('session_id', '<=', page.sessionId)
        .where('user_id', '>', page.afterId)
        .orderBy('session_id')
        .orderBy('user_id')
        .limit(page.limit)
        .selectAll()
        .as('participant'),
    )
    .orderBy('participant.user_id')
    .select(['participant.id', 'participant.role', 'participant.joined_at', 'participant.user_id'])
    .select((eb) =>
      // Correlated subquery: a join makes the planner scan the table.
      eb
        .selectFrom('users')
        .whereRef('users.id', '=', 'participant.user_id')
        .select('users.display_name')
        .as('display_name'),
    )
    .$narrowType<{ user_id: NotNull; display_name: NotNull }>()
    .execute();
}

/** Returns a session's moderators. */
export async function exportModerators(db: Database, sessionId: number) {
  return await db
    .selectFrom('session_participants as participant')
    .where('participant.session_id', '=', sessionId)
    .where('participant.user_id', 'is', null)
    .where('participant.role', '=', sql.lit('moderator'))
    .where(IS_LISTED)
    .select(['participant.id', 'participant.role', 'participant.joined_at'])
    .select(selectShownName('participant').as('display_name'))
    .$narrowType<{ display_name: NotNull }>()
    .execute();
}

/** Returns a page of a session's questions by `id`, with hidden but without withdrawn ones. */
export async function exportQuestions(db: Database, page: ExportPage) {
  return await db
    .selectFrom((eb) =>
      eb
        .selectFrom('questions')
        .where('status', '<>', sql.lit('withdrawn'))
        // A range in this order scans the index of the newest questions backwards.
        .where('session_id', '>=', page.sessionId)
        .where('session_id', '<=', page.sessionId)
        .where('id', '>', page.afterId)
        .orderBy('session_id', 'desc')
        .orderBy('id')
        .limit(page.limit)
        .selectAll()
        .as('question'),
    )
    .orderBy('question.id')
    .select(QUESTION_COLUMNS)
    .select(selectAuthor())
    .execute();
}
