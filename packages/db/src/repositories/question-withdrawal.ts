import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { type Parameter, prepared } from '../prepared.ts';
import { callerForShare } from './fragments/caller.ts';
import { SESSION_IS_OPEN } from './fragments/columns.ts';
import { incrementSequence } from './fragments/sequence.ts';
import type { QuestionCall } from './question-moderation.ts';

const withdraw = prepared((db, parameter: Parameter<QuestionCall>) =>
  db
    .with('asking', callerForShare(parameter('tokenHash', 'bytea')))
    .with('target', (db) =>
      db
        .selectFrom('questions as question')
        .innerJoin('asking', 'asking.id', 'question.author_id')
        .where('question.id', '=', parameter('questionId', 'bigint'))
        .where('question.status', '<>', sql.lit('withdrawn'))
        .select(['question.id', 'question.session_id'])
        .forNoKeyUpdate('question'),
    )
    .with('numbered', (db) =>
      incrementSequence(sql`(select session_id from target)`)(db).where(SESSION_IS_OPEN),
    )
    .updateTable('questions as question')
    .from(['target', 'numbered'])
    .whereRef('question.id', '=', 'target.id')
    .set({
      status: sql.lit('withdrawn'),
      body: null,
      author_slot: null,
      pinned: sql.lit(false),
      vote_count: sql.lit(0),
      answered_at: null,
      change_number: sql`numbered.change_number`,
    })
    .returning('question.session_id'),
);

/**
 * Within a transaction: withdraws a question, if the token is its author's and the session is open.
 * The row stays as the trace of that change, without text, slot and votes. Votes wait at the row, so
 * that a second statement sees all there are.
 *
 * @returns the session's id; undefined when there was nothing to withdraw
 */
export async function withdrawQuestionAsAuthor(
  db: Database,
  call: QuestionCall,
): Promise<number | undefined> {
  const [withdrawn] = (await db.executeQuery(withdraw(call))).rows;
  if (withdrawn === undefined) return undefined;
  await db.deleteFrom('question_votes').where('question_id', '=', call.questionId).execute();
  return withdrawn.session_id;
}
