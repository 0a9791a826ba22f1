import type { QuestionStatus } from '@classroom/schema';
import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { type Parameter, prepared } from '../prepared.ts';
import { callerForShare } from './fragments/caller.ts';
import { SESSION_IS_OPEN } from './fragments/columns.ts';
import { incrementSequence } from './fragments/sequence.ts';

/** Who wants to change which question. */
export interface QuestionCall {
  questionId: number;
  /** SHA-256 of the caller's token. */
  tokenHash: Buffer;
}

export type ChangeQuestionOutcome =
  | { kind: 'changed'; sessionId: number }
  /** It was so already. */
  | { kind: 'unchanged' }
  /** The session has just ended: try again, to be refused. */
  | { kind: 'conflict' }
  /** There is no such question in an open session of which that is the host's token. */
  | { kind: 'refused' };

/** The question, held until the end: whoever came second finds what the first has done. */
function questionOfHost(db: Database, parameter: Parameter<QuestionCall>) {
  return db
    .with('asking', callerForShare(parameter('tokenHash', 'bytea')))
    .with('target', (db) =>
      db
        .selectFrom('questions as question')
        .innerJoin('asking', 'asking.session_id', 'question.session_id')
        .where('asking.role', '=', sql.lit('host'))
        .where('question.id', '=', parameter('questionId', 'bigint'))
        .where('question.status', '<>', sql.lit('withdrawn'))
        .select(['question.id', 'question.session_id', 'question.status', 'question.pinned'])
        .forNoKeyUpdate('question'),
    );
}

const setStatus = prepared(
  (db, parameter: Parameter<QuestionCall & { status: QuestionStatus }>) => {
    const status = parameter('status', 'text');
    return questionOfHost(db, parameter)
      .with('numbered', (db) =>
        incrementSequence(sql`(select session_id from target where status <> ${status})`)(db).where(
          SESSION_IS_OPEN,
        ),
      )
      .with('changed', (db) =>
        db
          .updateTable('questions as question')
          .from(['target', 'numbered'])
          .whereRef('question.id', '=', 'target.id')
          .set({
            status,
            // A reopened question takes no slot: a refusal would reveal an anonymous author.
            author_slot: null,
            answered_at: sql`case ${status}
            when 'answered' then coalesce(question.answered_at, now())
            when 'hidden' then question.answered_at
          end`,
            change_number: sql`numbered.change_number`,
          })
          .returning('question.id'),
      )
      .selectFrom('target')
      .leftJoin('changed', 'changed.id', 'target.id')
      .select([
        'target.session_id',
        'changed.id as changed_id',
        sql<boolean>`target.status = ${status}`.as('already_set'),
      ]);
  },
);

const pin = prepared((db, parameter: Parameter<QuestionCall & { on: boolean }>) => {
  const on = parameter('on', 'boolean');
  return questionOfHost(db, parameter)
    .with('numbered', (db) =>
      incrementSequence(sql`(select session_id from target where pinned <> ${on})`)(db).where(
        SESSION_IS_OPEN,
      ),
    )
    .with('changed', (db) =>
      db
        .updateTable('questions as question')
        .from(['target', 'numbered'])
        .whereRef('question.id', '=', 'target.id')
        .set({ pinned: on, change_number: sql`numbered.change_number` })
        .returning('question.id'),
    )
    .selectFrom('target')
    .leftJoin('changed', 'changed.id', 'target.id')
    .select([
      'target.session_id',
      'changed.id as changed_id',
      sql<boolean>`target.pinned = ${on}`.as('already_set'),
    ]);
});

interface OutcomeRow {
  session_id: number;
  changed_id: number | null;
  already_set: boolean;
}

function toOutcome(row: OutcomeRow | undefined): ChangeQuestionOutcome {
  if (row === undefined) return { kind: 'refused' };
  if (row.changed_id !== null) return { kind: 'changed', sessionId: row.session_id };
  return { kind: row.already_set ? 'unchanged' : 'conflict' };
}

/**
 * Sets the status of a question, if the token is its host's. One that leaves `pending` frees its
 * author's slot; one that becomes pending again takes none.
 */
export async function setQuestionStatusAsHost(
  db: Database,
  call: QuestionCall & { status: QuestionStatus },
): Promise<ChangeQuestionOutcome> {
  return toOutcome((await db.executeQuery(setStatus(call))).rows[0]);
}

/** Pins or unpins a question, if the token is its host's. */
export async function pinQuestionAsHost(
  db: Database,
  call: QuestionCall & { on: boolean },
): Promise<ChangeQuestionOutcome> {
  return toOutcome((await db.executeQuery(pin(call))).rows[0]);
}
