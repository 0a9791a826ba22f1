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
import { readerId } from './fragments/caller.ts';
import {
  QUESTION_COLUMNS,
  SESSION_COLUMNS,
  SESSION_STATUS,
  selectAuthor,
} from './fragments/columns.ts';

export interface ChangesQuery {
  sessionId: number;
  /** The sequence number to continue from, exclusive. */
  after: number;
  /** The participant that `voted` refers to; null for none. */
  participantId: number | null;
  /** The maximum number of questions, the most recently changed first. */
  limit: number;
}

export type SessionChanges = NonNullable<Awaited<ReturnType<typeof findSessionChanges>>>;

export interface SnapshotQuery {
  sessionId: number;
  /** The participant that `voted` refers to, and whose waiting questions are included; null for none. */
  participantId: number | null;
  /** SHA-256 of the token that `is_valid` refers to. */
  tokenHash: Buffer;
  /** Whether to include hidden questions, and those of other participants that wait for approval. */
  includeHidden: boolean;
  /** The maximum number of questions, in the order of `findTopQuestions`. */
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

/** Aggregates selected questions with their author names and the participant's votes. */
function aggregateQuestions(
  selected: AliasableExpression<Selectable<QuestionsTable>>,
  participantId: Expression<number | null>,
) {
  return jsonArrayFrom(
    expressionBuilder<Tables>()
      .selectFrom(selected.as('question'))
      .orderBy('question.change_number', 'desc')
      .select(QUESTION_COLUMNS)
      .select((eb) => [
        'question.change_number',
        'question.published',
        ...selectAuthor(),
        sql<boolean>`exists ${eb
          .selectFrom('question_votes as vote')
          .whereRef('vote.question_id', '=', 'question.id')
          .where('vote.participant_id', '=', participantId)
          .select('vote.question_id')}`.as('voted'),
      ]),
  );
}

const changesAfter = prepared((db, parameter: Parameter<ChangesQuery>) => {
  const after = parameter('after', 'bigint');
  return selectSession(db, parameter('sessionId', 'bigint')).select((eb) => [
    aggregateQuestions(
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
    ).as('revoked'),
  ]);
});

/**
 * Returns the changes of a session after a sequence number in one read: the session, each changed
 * question in its current state (last change first), and the participants of whom a token was revoked.
 */
export async function findSessionChanges(db: Database, query: ChangesQuery) {
  const { rows } = await db.executeQuery(changesAfter(query));
  return rows[0];
}

const snapshot = prepared((db, parameter: Parameter<SnapshotQuery>) => {
  const participantId = parameter('participantId', 'bigint');
  return selectSession(db, parameter('sessionId', 'bigint')).select((eb) => [
    aggregateQuestions(
      eb
        .selectFrom('questions')
        .whereRef('questions.session_id', '=', 'session.id')
        // Matches the partial index of the list by votes, which excludes withdrawn questions.
        .where('questions.status', '<>', sql.lit('withdrawn'))
        .where(
          sql<boolean>`(
            questions.status in ('pending', 'answered')
            or ${parameter('includeHidden', 'boolean')}
            or (questions.status = 'waiting' and questions.author_id = ${participantId})
          )`,
        )
        .orderBy('questions.session_id')
        .orderBy('questions.pinned', 'desc')
        .orderBy('questions.vote_count', 'desc')
        .orderBy('questions.id')
        .limit(parameter('limit', 'int'))
        .selectAll('questions'),
      participantId,
    ).as('questions'),
    sql<{ id: number }[]>`'[]'::json`.as('revoked'),
    sql<boolean>`exists ${eb
      .selectFrom('session_participants as participant')
      .where('participant.id', '=', readerId(parameter('tokenHash', 'bytea')))
      .whereRef('participant.session_id', '=', 'session.id')
      .select('participant.id')}`.as('is_valid'),
  ]);
});

/**
 * Returns a session and its visible questions in one read, in the form and order of
 * `findSessionChanges`, and whether the token is one of the session's.
 */
export async function findSessionSnapshot(db: Database, query: SnapshotQuery) {
  const { rows } = await db.executeQuery(snapshot(query));
  return rows[0];
}

/** Returns the sequence numbers of those sessions that exist. */
export async function findSequenceNumbers(
  db: Database,
  sessionIds: readonly number[],
): Promise<{ id: number; change_number: number }[]> {
  return await db
    .selectFrom('sessions')
    .where('id', '=', sql<number>`any(${sessionIds})`)
    .select(['id', 'change_number'])
    .execute();
}
