import { sql } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import type { Database } from '../database.ts';
import { type Parameter, prepared } from '../prepared.ts';
import { AUTHOR_NAME, QUESTION_COLUMNS } from './question-columns.ts';
import { SESSION_COLUMNS, SESSION_STATUS } from './session-columns.ts';

export interface ChangesAfter {
  sessionId: number;
  /** The number of the change after which to look; -1 for everything. */
  after: number;
  /** Whose votes to tell of; null for nobody's. */
  participantId: number | null;
  /** How many questions at most, the last to change. */
  limit: number;
}

/** What a session is after some changes. */
export type SessionChanges = NonNullable<Awaited<ReturnType<typeof findSessionChanges>>>;

const statement = prepared((db, parameter: Parameter<ChangesAfter>) => {
  const after = parameter('after', 'bigint');
  return db
    .selectFrom('sessions as session')
    .innerJoin('users as host', 'host.id', 'session.host_user_id')
    .where('session.id', '=', parameter('sessionId', 'bigint'))
    .select([
      ...SESSION_COLUMNS,
      SESSION_STATUS,
      'session.change_number',
      'session.status_change_number',
      sql<number>`extract(epoch from clock_timestamp() - session.changed_at)::float8`.as(
        'seconds_since_change',
      ),
    ])
    .select((eb) => [
      jsonArrayFrom(
        eb
          // So many by the index first, and only of them the names.
          .selectFrom(
            eb
              .selectFrom('questions')
              .whereRef('questions.session_id', '=', 'session.id')
              .where('questions.change_number', '>', after)
              .orderBy('questions.change_number', 'desc')
              .limit(parameter('limit', 'int'))
              .selectAll('questions')
              .as('question'),
          )
          .orderBy('question.change_number', 'desc')
          .select(QUESTION_COLUMNS)
          .select((inner) => [
            'question.change_number',
            // For each of them, and not as a join, for which whole tables would be read.
            inner
              .selectFrom('session_participants as author')
              .innerJoin('users as author_user', 'author_user.id', 'author.user_id')
              .whereRef('author.id', '=', 'question.author_id')
              .select(AUTHOR_NAME)
              .as('author_name'),
            sql<boolean>`exists ${inner
              .selectFrom('question_votes as vote')
              .whereRef('vote.question_id', '=', 'question.id')
              .where('vote.participant_id', '=', parameter('participantId', 'bigint'))
              .select('vote.question_id')}`.as('voted'),
          ]),
      ).as('questions'),
      jsonArrayFrom(
        eb
          .selectFrom('session_participants as participant')
          .whereRef('participant.session_id', '=', 'session.id')
          .where('participant.removal_change_number', '>', after)
          .select('participant.id'),
      ).as('removed'),
    ]);
});

/**
 * What has changed in a session after a change, in one read: the session as it is, the questions
 * that changed since as they are, the last to change first, and who was taken out.
 */
export async function findSessionChanges(db: Database, changes: ChangesAfter) {
  const { rows } = await db.executeQuery(statement(changes));
  return rows[0];
}

const changeNumbers = prepared((db, parameter: Parameter<{ sessionIds: readonly number[] }>) =>
  db
    .selectFrom('sessions')
    .where('id', '=', sql<number>`any(${parameter('sessionIds', 'bigint[]')})`)
    .select(['id', 'change_number']),
);

/** The number of the last change of each of these sessions that is still there. */
export async function findChangeNumbers(
  db: Database,
  sessionIds: readonly number[],
): Promise<{ id: number; change_number: number }[]> {
  const { rows } = await db.executeQuery(changeNumbers({ sessionIds }));
  return rows;
}
