import { type NotNull, sql } from 'kysely';
import type { Database } from '../database.ts';
import { type Parameter, prepared } from '../prepared.ts';
import { AUTHOR_NAME, QUESTION_COLUMNS } from './fragments/columns.ts';

interface ExportPage {
  sessionId: number;
  /** The last of the page before; 0 for the first page. */
  afterId: number;
  limit: number;
}

const participants = prepared((db, parameter: Parameter<ExportPage>) =>
  db
    .selectFrom((eb) =>
      eb
        .selectFrom('session_participants')
        .where('blocked_at', 'is', null)
        // Uses the index of a session's names; ordered by time of joining, each page would read all rows.
        .where('session_id', '>=', parameter('sessionId', 'bigint'))
        .where('session_id', '<=', parameter('sessionId', 'bigint'))
        .where('user_id', '>', parameter('afterId', 'bigint'))
        .orderBy('session_id')
        .orderBy('user_id')
        .limit(parameter('limit', 'int'))
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
    .$narrowType<{ user_id: NotNull; display_name: NotNull }>(),
);

/** A page of those who take part in a session, by `user_id`. */
export async function exportParticipants(db: Database, page: ExportPage) {
  return (await db.executeQuery(participants(page))).rows;
}

const questions = prepared((db, parameter: Parameter<ExportPage>) =>
  db
    .selectFrom((eb) =>
      eb
        .selectFrom('questions')
        .where('status', '<>', sql.lit('withdrawn'))
        // A range in this order uses the index of the newest questions, read backwards.
        .where('session_id', '>=', parameter('sessionId', 'bigint'))
        .where('session_id', '<=', parameter('sessionId', 'bigint'))
        .where('id', '>', parameter('afterId', 'bigint'))
        .orderBy('session_id', 'desc')
        .orderBy('id')
        .limit(parameter('limit', 'int'))
        .selectAll()
        .as('question'),
    )
    .orderBy('question.id')
    .select(QUESTION_COLUMNS)
    .select((eb) =>
      // Correlated subquery: a join makes the planner scan both tables.
      eb
        .selectFrom('session_participants as author')
        .innerJoin('users as author_user', 'author_user.id', 'author.user_id')
        .whereRef('author.id', '=', 'question.author_id')
        .select(AUTHOR_NAME)
        .as('author_name'),
    ),
);

/** A page of a session's questions by `id`, hidden ones included and withdrawn ones not. */
export async function exportQuestions(db: Database, page: ExportPage) {
  return (await db.executeQuery(questions(page))).rows;
}
