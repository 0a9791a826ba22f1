import {
  type AliasableExpression,
  type Expression,
  type Selectable,
  expressionBuilder,
  sql,
} from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import type { Database, Tables } from '../database.ts';
import { type Parameter, prepared } from '../prepared.ts';
import type { QuestionsTable } from '../tables.ts';
import {
  AUTHOR_NAME,
  QUESTION_COLUMNS,
  SESSION_COLUMNS,
  SESSION_STATUS,
} from './fragments/columns.ts';

export interface ChangesAfter {
  sessionId: number;
  /** The number of the change after which to look. */
  after: number;
  /** The voter whose votes are marked; null for none. */
  participantId: number | null;
  /** How many questions at most, the last to change. */
  limit: number;
}

/** What a session is after some changes. */
export type SessionChanges = NonNullable<Awaited<ReturnType<typeof findSessionChanges>>>;

/** What a session is for somebody who begins to listen. */
export type SessionSnapshot = NonNullable<Awaited<ReturnType<typeof findSessionSnapshot>>>;

export interface SnapshotQuery {
  sessionId: number;
  /** The voter whose votes are marked and whose membership is reported; null for none. */
  participantId: number | null;
  /** Hidden questions are for the host alone. */
  includeHidden: boolean;
  /** How many questions at most, the first of the list by votes. */
  limit: number;
}

function selectSession(db: Database, sessionId: Expression<number>) {
  return db
    .selectFrom('sessions as session')
    .innerJoin('users as host', 'host.id', 'session.host_user_id')
    .where('session.id', '=', sessionId)
    .select([
      ...SESSION_COLUMNS,
      SESSION_STATUS,
      'session.change_number',
      'session.status_change_number',
      sql<number>`extract(epoch from clock_timestamp() - session.changed_at)::float8`.as(
        'seconds_since_change',
      ),
    ]);
}

/** Questions of `sessions as session` that a read has picked already: only of them the names. */
function describeQuestions(
  picked: AliasableExpression<Selectable<QuestionsTable>>,
  participantId: Expression<number | null>,
) {
  return jsonArrayFrom(
    expressionBuilder<Tables>()
      .selectFrom(picked.as('question'))
      .orderBy('question.change_number', 'desc')
      .select(QUESTION_COLUMNS)
      .select((eb) => [
        'question.change_number',
        // Correlated subquery: a join makes the planner scan both tables.
        eb
          .selectFrom('session_participants as author')
          .innerJoin('users as author_user', 'author_user.id', 'author.user_id')
          .whereRef('author.id', '=', 'question.author_id')
          .select(AUTHOR_NAME)
          .as('author_name'),
        sql<boolean>`exists ${eb
          .selectFrom('question_votes as vote')
          .whereRef('vote.question_id', '=', 'question.id')
          .where('vote.participant_id', '=', participantId)
          .select('vote.question_id')}`.as('voted'),
      ]),
  );
}

const changesAfter = prepared((db, parameter: Parameter<ChangesAfter>) => {
  const after = parameter('after', 'bigint');
  return selectSession(db, parameter('sessionId', 'bigint')).select((eb) => [
    describeQuestions(
      eb
        .selectFrom('questions')
        .whereRef('questions.session_id', '=', 'session.id')
        .where('questions.change_number', '>', after)
        .orderBy('questions.change_number', 'desc')
        .limit(parameter('limit', 'int'))
        .selectAll('questions'),
      parameter('participantId', 'bigint'),
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
  const { rows } = await db.executeQuery(changesAfter(changes));
  return rows[0];
}

const snapshot = prepared((db, parameter: Parameter<SnapshotQuery>) => {
  const participantId = parameter('participantId', 'bigint');
  return selectSession(db, parameter('sessionId', 'bigint')).select((eb) => [
    describeQuestions(
      eb
        .selectFrom('questions')
        .whereRef('questions.session_id', '=', 'session.id')
        // As the index of the list by votes has it, which holds no withdrawn ones.
        .where('questions.status', '<>', sql.lit('withdrawn'))
        .where(
          sql<boolean>`(questions.status <> 'hidden' or ${parameter('includeHidden', 'boolean')})`,
        )
        .orderBy('questions.session_id')
        .orderBy('questions.pinned', 'desc')
        .orderBy('questions.vote_count', 'desc')
        .orderBy('questions.id')
        .limit(parameter('limit', 'int'))
        .selectAll('questions'),
      participantId,
    ).as('questions'),
    sql<{ id: number }[]>`'[]'::json`.as('removed'),
    sql<boolean>`exists ${eb
      .selectFrom('session_participants as participant')
      .where('participant.id', '=', participantId)
      .whereRef('participant.session_id', '=', 'session.id')
      .where('participant.user_id', 'is not', null)
      .where('participant.blocked_at', 'is', null)
      .select('participant.id')}`.as('participant_is_in'),
  ]);
});

/**
 * A session as it is, in one read: the questions that the caller may see, at most `limit`, in the
 * form and order of `findSessionChanges`, and whether the participant is still in the session.
 */
export async function findSessionSnapshot(db: Database, call: SnapshotQuery) {
  const { rows } = await db.executeQuery(snapshot(call));
  return rows[0];
}

const changeNumbers = prepared((db, parameter: Parameter<{ sessionIds: readonly number[] }>) =>
  db
    .selectFrom('sessions')
    .where('id', '=', sql<number>`any(${parameter('sessionIds', 'bigint[]')})`)
    .select(['id', 'change_number']),
);

/** The number of the last change of each of these sessions that is still there. */
export async function findSequenceNumbers(
  db: Database,
  sessionIds: readonly number[],
): Promise<{ id: number; change_number: number }[]> {
  const { rows } = await db.executeQuery(changeNumbers({ sessionIds }));
  return rows;
}
