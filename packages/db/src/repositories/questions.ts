import type { QuestionStatus } from '@classroom/schema';
import { type Expression, sql } from 'kysely';
import type { Database } from '../database.ts';
import { type Parameter, prepared } from '../prepared.ts';
import { callerId } from './fragments/caller.ts';
import {
  AUTHOR_NAME,
  QUESTION_COLUMNS,
  type QuestionRow,
  SESSION_IS_OPEN,
} from './fragments/columns.ts';

export type { QuestionRow } from './fragments/columns.ts';

/** A question, and who asks for it: of its session, or of another. */
export type QuestionForCaller = NonNullable<Awaited<ReturnType<typeof findQuestion>>>;

/** Questions as whoever holds that token sees them. */
function selectQuestions(db: Database, tokenHash: Expression<Buffer>) {
  return db
    .selectFrom('questions as question')
    .innerJoin('session_participants as author', 'author.id', 'question.author_id')
    .leftJoin('users as author_user', 'author_user.id', 'author.user_id')
    .leftJoin('question_votes as vote', (join) =>
      join
        .onRef('vote.question_id', '=', 'question.id')
        .on('vote.participant_id', '=', callerId(tokenHash)),
    )
    .select(QUESTION_COLUMNS)
    .select([AUTHOR_NAME, sql<boolean>`vote.question_id is not null`.as('voted')]);
}

function selectForCaller(db: Database, tokenHash: Expression<Buffer>) {
  return selectQuestions(db, tokenHash)
    .innerJoin('sessions as session', 'session.id', 'question.session_id')
    .innerJoin('session_participants as caller', (join) =>
      join.on('caller.id', '=', callerId(tokenHash)),
    )
    .select([
      'question.session_id',
      'question.author_id',
      'question.anonymous',
      'session.code as session_code',
      'caller.id as caller_id',
      'caller.session_id as caller_session_id',
      'caller.role as caller_role',
      sql<boolean>`${SESSION_IS_OPEN}`.as('session_is_open'),
    ]);
}

const byId = prepared((db, parameter: Parameter<{ questionId: number; tokenHash: Buffer }>) =>
  selectForCaller(db, parameter('tokenHash', 'bytea')).where(
    'question.id',
    '=',
    parameter('questionId', 'bigint'),
  ),
);

/** The question with that id, whatever became of it; undefined also when nobody holds the token. */
export async function findQuestion(db: Database, call: { questionId: number; tokenHash: Buffer }) {
  const { rows } = await db.executeQuery(byId(call));
  return rows[0];
}

const byKey = prepared(
  (db, parameter: Parameter<{ idempotencyKeyHash: Buffer; tokenHash: Buffer }>) =>
    selectForCaller(db, parameter('tokenHash', 'bytea')).where(
      'question.idempotency_key_hash',
      '=',
      parameter('idempotencyKeyHash', 'bytea'),
    ),
);

/** What was submitted under an idempotency key, as `findQuestion`. */
export async function findReplayedQuestion(
  db: Database,
  call: { idempotencyKeyHash: Buffer; tokenHash: Buffer },
): Promise<QuestionForCaller | undefined> {
  const { rows } = await db.executeQuery(byKey(call));
  return rows[0];
}

interface QuestionsCall {
  sessionId: number;
  /** SHA-256 of the caller's token. */
  tokenHash: Buffer;
  statuses: readonly QuestionStatus[];
  limit: number;
}

function selectList(db: Database, parameter: Parameter<QuestionsCall>) {
  return selectQuestions(db, parameter('tokenHash', 'bytea'))
    .where('question.status', '<>', sql.lit('withdrawn'))
    .where(sql<boolean>`question.status = any(${parameter('statuses', 'text[]')})`)
    .limit(parameter('limit', 'int'));
}

/** After which question a list goes on: where it stands, and the question. */
interface TopPlace {
  afterPinned: boolean;
  afterVotes: number;
  afterId: number;
}

const top = prepared((db, parameter: Parameter<QuestionsCall & TopPlace>) => {
  const pinned = parameter('afterPinned', 'boolean');
  const votes = parameter('afterVotes', 'int');
  return (
    selectList(db, parameter)
      .where('question.session_id', '=', parameter('sessionId', 'bigint'))
      // The range that the index can read, whose columns do not all descend; and where it starts.
      .where(sql<boolean>`(question.pinned, question.vote_count) <= (${pinned}, ${votes})`)
      .where(
        sql<boolean>`(
          (question.pinned, question.vote_count) <> (${pinned}, ${votes})
          or question.id > ${parameter('afterId', 'bigint')}
        )`,
      )
      .orderBy('question.pinned', 'desc')
      .orderBy('question.vote_count', 'desc')
      .orderBy('question.id')
  );
});

/** A session's questions, pinned ones first, then by votes, then oldest first. */
export async function findTopQuestions(
  db: Database,
  call: QuestionsCall & TopPlace,
): Promise<QuestionRow[]> {
  return (await db.executeQuery(top(call))).rows;
}

const newest = prepared((db, parameter: Parameter<QuestionsCall & { afterId: number }>) =>
  selectList(db, parameter)
    // As a range, and in the order: or else the planner may walk back through the primary key, over
    // all that was asked elsewhere since.
    .where('question.session_id', '>=', parameter('sessionId', 'bigint'))
    .where('question.session_id', '<=', parameter('sessionId', 'bigint'))
    .where('question.id', '<', parameter('afterId', 'bigint'))
    .orderBy('question.session_id')
    .orderBy('question.id', 'desc'),
);

/** A session's questions, the newest first. */
export async function findNewestQuestions(
  db: Database,
  call: QuestionsCall & { afterId: number },
): Promise<QuestionRow[]> {
  return (await db.executeQuery(newest(call))).rows;
}
