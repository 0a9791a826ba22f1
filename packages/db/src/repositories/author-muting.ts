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
import { MODERATORS, lockCaller } from './fragments/caller.ts';

export type MuteAuthorOutcome = { kind: 'done' } | Refusal;

const statement = prepared((db, parameter: Parameter<QuestionCall & { muted: boolean }>) => {
  const questionId = parameter('questionId', 'bigint');
  const tokenHash = parameter('tokenHash', 'bytea');
  const muted = parameter('muted', 'boolean');
  return db
    .with('locked_caller', lockCaller(tokenHash))
    .with('target', (db) =>
      db
        .selectFrom('questions as question')
        .innerJoin('locked_caller', 'locked_caller.session_id', 'question.session_id')
        .where('locked_caller.role', 'in', MODERATORS)
        .where('question.id', '=', questionId)
        .where('question.status', '<>', sql.lit('withdrawn'))
        .select(['question.id', 'question.author_id']),
    )
    .with('changed', (db) =>
      db
        .updateTable('session_participants as author')
        .from('target')
        .whereRef('author.id', '=', 'target.author_id')
        .where('author.role', '=', sql.lit('participant'))
        .where('author.user_id', 'is not', null)
        .where('author.blocked_at', 'is', null)
        .where(sql<boolean>`(author.muted_at is null) = ${muted}`)
        .set({ muted_at: sql`case when ${muted} then now() end` }),
    )
    .with('access', selectQuestionAccess(questionId, tokenHash))
    .selectFrom('access')
    .leftJoin('target', (join) => join.onTrue())
    .selectAll('access')
    .select('target.id as target_id');
});

/**
 * Mutes or unmutes the author of a question in an open session if the caller is the host or a
 * moderator. Only a participant can be muted. Takes no sequence number and has the same outcome for
 * every author, so that anonymous authors stay anonymous.
 *
 * @throws ConflictError
 */
export async function muteAuthorAsModerator(
  db: Database,
  call: QuestionCall & { muted: boolean },
): Promise<MuteAuthorOutcome> {
  const row = await executeOne(db, statement(call));
  if (row.target_id !== null) return { kind: 'done' };
  const refusal = refuseQuestionChange(row, 'moderate');
  if (refusal !== undefined) return refusal;
  throw new ConflictError();
}
