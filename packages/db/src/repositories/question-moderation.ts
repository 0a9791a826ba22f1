import type { SettableQuestionStatus } from '@classroom/schema';
import { type InferResult, type RawBuilder, type UpdateObject, sql } from 'kysely';
import type { Database, Tables } from '../database.ts';
import { ConflictError } from '../errors.ts';
import { type Parameter, executeOne, prepared } from '../prepared.ts';
import type { QuestionsTable } from '../tables.ts';
import {
  type QuestionCall,
  type Refusal,
  refuseQuestionChange,
  selectQuestionAccess,
} from './fragments/access.ts';
import { MODERATORS, lockCaller } from './fragments/caller.ts';
import {
  AUTHOR_NAME,
  QUESTION_COLUMNS,
  type QuestionRow,
  toQuestionRow,
} from './fragments/columns.ts';
import { incrementSequence } from './fragments/sequence.ts';

export type ChangeQuestionOutcome =
  | { kind: 'changed'; sessionId: number; question: QuestionRow; callerId: number }
  | { kind: 'unchanged'; question: QuestionRow; callerId: number }
  | Refusal;

interface QuestionChange {
  /** Whether `target`, the locked question, already has the new values. */
  alreadySet: RawBuilder<boolean>;
  set: UpdateObject<Tables & { question: QuestionsTable }, 'question'>;
}

/** Builds a statement that updates a question of an open session if the caller is its host or a moderator. */
function updateQuestion(
  db: Database,
  parameter: Parameter<QuestionCall>,
  { alreadySet, set }: QuestionChange,
) {
  const questionId = parameter('questionId', 'bigint');
  const tokenHash = parameter('tokenHash', 'bytea');
  const columns = [...QUESTION_COLUMNS, 'question.session_id', 'question.anonymous'] as const;
  return db
    .with('locked_caller', lockCaller(tokenHash))
    .with('target', (db) =>
      db
        .selectFrom('questions as question')
        .innerJoin('locked_caller', 'locked_caller.session_id', 'question.session_id')
        .where('locked_caller.role', 'in', MODERATORS)
        .where('question.id', '=', questionId)
        .where('question.status', '<>', sql.lit('withdrawn'))
        .select(columns)
        .forNoKeyUpdate('question'),
    )
    .with(
      'sequence',
      incrementSequence(sql`(select session_id from target where not ${alreadySet})`),
    )
    .with('changed', (db) =>
      db
        .updateTable('questions as question')
        .from(['target', 'sequence'])
        .whereRef('question.id', '=', 'target.id')
        .set(set)
        .set({ change_number: sql`sequence.change_number` })
        .returning(columns),
    )
    .with('current', (db) =>
      db
        .selectFrom('changed')
        .selectAll()
        .unionAll(db.selectFrom('target').selectAll().where(alreadySet)),
    )
    .with('access', selectQuestionAccess(questionId, tokenHash))
    .selectFrom('access')
    .leftJoin('changed', (join) => join.onTrue())
    .leftJoin('current as question', (join) => join.onTrue())
    .leftJoin('session_participants as author', 'author.id', 'question.author_id')
    .leftJoin('question_votes as vote', (join) =>
      join
        .onRef('vote.question_id', '=', 'question.id')
        .onRef('vote.participant_id', '=', 'access.caller_id'),
    )
    .selectAll('access')
    .select(QUESTION_COLUMNS)
    .select([
      AUTHOR_NAME,
      'author.role as author_role',
      sql<boolean>`vote.question_id is not null`.as('voted'),
      'changed.session_id as changed_session_id',
    ]);
}

type OutcomeRow = InferResult<ReturnType<typeof updateQuestion>>[number];

function toOutcome(row: OutcomeRow): ChangeQuestionOutcome {
  const question = toQuestionRow(row);
  const callerId = row.caller_id;
  if (question === undefined || callerId === null) {
    const refusal = refuseQuestionChange(row, 'moderate');
    if (refusal !== undefined) return refusal;
    throw new ConflictError();
  }
  const sessionId = row.changed_session_id;
  return sessionId === null
    ? { kind: 'unchanged', question, callerId }
    : { kind: 'changed', sessionId, question, callerId };
}

const setStatus = prepared(
  (db, parameter: Parameter<QuestionCall & { status: SettableQuestionStatus }>) => {
    const status = parameter('status', 'text');
    return updateQuestion(db, parameter, {
      alreadySet: sql<boolean>`(target.status = ${status})`,
      set: {
        status,
        // A reopened question takes no slot: a refusal would reveal an anonymous author.
        author_slot: sql`case when question.status = 'waiting' and ${status} = 'pending'
          then question.author_slot
        end`,
        published: sql`question.published or ${status} <> 'hidden'`,
        answered_at: sql`case ${status}
          when 'answered' then coalesce(question.answered_at, now())
          when 'hidden' then question.answered_at
        end`,
      },
    });
  },
);

/**
 * Sets the status of a question if the caller is the host or a moderator. An approved question keeps its
 * author's slot, a question that is answered or hidden frees it, and a reopened question takes none.
 *
 * @throws ConflictError
 */
export async function setQuestionStatusAsModerator(
  db: Database,
  call: QuestionCall & { status: SettableQuestionStatus },
): Promise<ChangeQuestionOutcome> {
  return toOutcome(await executeOne(db, setStatus(call)));
}

const setPinned = prepared((db, parameter: Parameter<QuestionCall & { on: boolean }>) => {
  const pinned = parameter('on', 'boolean');
  return updateQuestion(db, parameter, {
    alreadySet: sql<boolean>`(target.pinned = ${pinned})`,
    set: { pinned },
  });
});

/**
 * Pins or unpins a question if the caller is the host or a moderator.
 *
 * @throws ConflictError
 */
export async function pinQuestionAsModerator(
  db: Database,
  call: QuestionCall & { on: boolean },
): Promise<ChangeQuestionOutcome> {
  return toOutcome(await executeOne(db, setPinned(call)));
}
