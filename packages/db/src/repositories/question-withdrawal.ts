import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { ConflictError } from '../errors.ts';
import { type Parameter, executeOne, prepared } from '../prepared.ts';
import {
  type QuestionCall,
  type Refusal,
  refuseQuestionChange,
  selectQuestionAccess,
} from './fragments/access.ts';
import { lockCaller } from './fragments/caller.ts';
import { incrementSequence } from './fragments/sequence.ts';

export type WithdrawQuestionOutcome =
  | { kind: 'withdrawn'; sessionId: number }
  | { kind: 'unchanged' }
  | Refusal;

const statement = prepared((db, parameter: Parameter<QuestionCall>) => {
  const questionId = parameter('questionId', 'bigint');
  const tokenHash = parameter('tokenHash', 'bytea');
  return db
    .with('locked_caller', lockCaller(tokenHash))
    .with('target', (db) =>
      db
        .selectFrom('questions as question')
        .innerJoin('locked_caller', 'locked_caller.id', 'question.author_id')
        .where('question.id', '=', questionId)
        .where('question.status', '<>', sql.lit('withdrawn'))
        .select(['question.id', 'question.session_id'])
        .forNoKeyUpdate('question'),
    )
    .with('sequence', incrementSequence(sql`(select session_id from target)`))
    .with('withdrawn', (db) =>
      db
        .updateTable('questions as question')
        .from(['target', 'sequence'])
        .whereRef('question.id', '=', 'target.id')
        .set({
          status: sql.lit('withdrawn'),
          body: null,
          author_slot: null,
          pinned: sql.lit(false),
          vote_count: sql.lit(0),
          answered_at: null,
          change_number: sql`sequence.change_number`,
        })
        .returning('question.session_id'),
    )
    .with('access', selectQuestionAccess(questionId, tokenHash))
    .selectFrom('access')
    .leftJoin('withdrawn', (join) => join.onTrue())
    .selectAll('access')
    .select('withdrawn.session_id');
});

/**
 * Withdraws a question of an open session if the caller is its author. The row stays, without text,
 * slot and votes, and records the change. Call it within a transaction: parallel votes wait for the
 * question lock, so the second statement deletes all votes.
 *
 * @throws ConflictError
 */
export async function withdrawQuestionAsAuthor(
  db: Database,
  call: QuestionCall,
): Promise<WithdrawQuestionOutcome> {
  const row = await executeOne(db, statement(call));
  if (row.session_id !== null) {
    await db.deleteFrom('question_votes').where('question_id', '=', call.questionId).execute();
    return { kind: 'withdrawn', sessionId: row.session_id };
  }
  if (row.is_author === true && row.question_status === 'withdrawn') return { kind: 'unchanged' };
  const refusal = refuseQuestionChange(row, 'withdraw');
  if (refusal !== undefined) return refusal;
  throw new ConflictError();
}
