import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { ConflictError, mapConflicts } from '../errors.ts';
import { type Parameter, prepared } from '../prepared.ts';
import {
  QUESTION_ACCESS_COLUMNS,
  type Refusal,
  refuseQuestionChange,
  refused,
} from './fragments/access.ts';
import { IS_MEMBER, MODERATORS, callerId, readerId } from './fragments/caller.ts';
import {
  AUTHOR_NAME,
  QUESTION_COLUMNS,
  type QuestionRow,
  SESSION_IS_OPEN,
  toQuestionRow,
} from './fragments/columns.ts';
import { incrementSequence } from './fragments/sequence.ts';

export interface Vote {
  /** SHA-256 of the voter's token. */
  tokenHash: Buffer;
  /** Whether to add the vote or to remove it. */
  on: boolean;
}

interface VoteBatch {
  questionId: number;
  tokenHashes: Buffer[];
  /** The `on` of each vote, in the order of `tokenHashes`. */
  flags: boolean[];
}

const statement = prepared((db, parameter: Parameter<VoteBatch>) => {
  const questionId = parameter('questionId', 'bigint');
  return (
    db
      .with('votes', (db) =>
        db
          .selectFrom(
            sql<{ token_hash: Buffer; is_on: boolean; position: number }>`
              unnest(
                ${parameter('tokenHashes', 'bytea[]')}, ${parameter('flags', 'boolean[]')}
              ) with ordinality
            `.as<'vote'>(sql`vote(token_hash, is_on, position)`),
          )
          .select((eb) => [
            'vote.position',
            'vote.token_hash',
            'vote.is_on',
            callerId(eb.ref('vote.token_hash')).as('caller_id'),
          ]),
      )
      // Every batch locks the session, its voters and the question in this order. The question lock
      // serialises batches, so the rows of votes need no lock order.
      .with('open_session', (db) =>
        db
          .selectFrom('sessions as session')
          .innerJoin('questions as question', 'question.session_id', 'session.id')
          .where('question.id', '=', questionId)
          .where(SESSION_IS_OPEN)
          .select('session.id')
          .forKeyShare('session'),
      )
      .with('voter', (db) =>
        db
          .selectFrom('session_participants as caller')
          .innerJoin('open_session', 'open_session.id', 'caller.session_id')
          .where('caller.id', 'in', (eb) => eb.selectFrom('votes').select('votes.caller_id'))
          .where(IS_MEMBER)
          .orderBy('caller.id')
          .select(['caller.id', 'caller.role'])
          .forKeyShare('caller'),
      )
      .with('target', (db) =>
        db
          .selectFrom('questions as question')
          .innerJoin('session_participants as author', 'author.id', 'question.author_id')
          .where('question.id', '=', questionId)
          .where('question.status', '<>', sql.lit('withdrawn'))
          .where(sql<boolean>`(select count(*) from voter) > 0`)
          .select(QUESTION_COLUMNS)
          .select(['question.session_id', AUTHOR_NAME, 'author.role as author_role'])
          .forNoKeyUpdate('question'),
      )
      .with('effective_votes', (db) =>
        db
          .selectFrom('voter')
          .innerJoin('votes', 'votes.caller_id', 'voter.id')
          .innerJoin('target', (join) => join.onTrue())
          .where((eb) =>
            eb.or([
              eb('voter.role', 'in', MODERATORS),
              sql<boolean>`target.status in ('pending', 'answered')`,
              sql<boolean>`(target.status = 'waiting' and target.author_id = voter.id)`,
            ]),
          )
          .distinctOn('voter.id')
          .orderBy('voter.id')
          .orderBy('votes.position', 'desc')
          .select(['voter.id', 'target.id as question_id', 'votes.is_on']),
      )
      .with('added', (db) =>
        db
          .insertInto('question_votes')
          .columns(['question_id', 'participant_id'])
          .expression(
            db
              .selectFrom('effective_votes')
              .where('effective_votes.is_on', '=', sql.lit(true))
              .select(['effective_votes.question_id', 'effective_votes.id']),
          )
          .onConflict((conflict) => conflict.doNothing())
          .returning('participant_id'),
      )
      .with('removed', (db) =>
        db
          .deleteFrom('question_votes as vote')
          .using('effective_votes')
          .whereRef('vote.question_id', '=', 'effective_votes.question_id')
          .whereRef('vote.participant_id', '=', 'effective_votes.id')
          .where('effective_votes.is_on', '=', sql.lit(false))
          .returning('vote.participant_id'),
      )
      .with('vote_changes', (db) =>
        db.selectNoFrom([
          sql<number>`(select count(*)::int from added)`.as('added'),
          sql<number>`(select count(*)::int from removed)`.as('removed'),
        ]),
      )
      .with(
        'sequence',
        incrementSequence(
          sql`(select session_id from target, vote_changes where added + removed > 0)`,
        ),
      )
      .with('changed', (db) =>
        db
          .updateTable('questions as question')
          .from(['target', 'vote_changes'])
          .whereRef('question.id', '=', 'target.id')
          .where(sql<boolean>`added + removed > 0`)
          .set({
            vote_count: sql`question.vote_count + vote_changes.added - vote_changes.removed`,
            // Null, which the column refuses, when another call ended the session: no vote counts.
            change_number: sql`(select change_number from sequence)`,
          })
          .returning(['question.session_id', 'question.vote_count']),
      )
      .selectFrom('votes')
      .leftJoin('session_participants as caller', (join) =>
        // Finds viewers too: they are refused with another reason than unknown tokens.
        join.on((eb) =>
          eb(
            'caller.id',
            '=',
            eb.fn.coalesce('votes.caller_id', readerId(eb.ref('votes.token_hash'))),
          ),
        ),
      )
      .leftJoin('questions as question', (join) => join.on('question.id', '=', questionId))
      .leftJoin('sessions as session', 'session.id', 'question.session_id')
      .leftJoin('effective_votes', 'effective_votes.id', 'votes.caller_id')
      .leftJoin('target', (join) => join.onTrue())
      .leftJoin('changed', (join) => join.onTrue())
      .orderBy('votes.position')
      .select(QUESTION_ACCESS_COLUMNS)
      .select([
        'target.id',
        'target.body',
        'target.status',
        'target.pinned',
        'target.created_at',
        'target.answered_at',
        'target.author_id',
        'target.author_name',
        'target.author_role',
        'votes.is_on as voted',
        sql<number | null>`coalesce(changed.vote_count, target.vote_count)`.as('vote_count'),
        'effective_votes.id as voter_id',
        'changed.session_id as changed_session_id',
      ])
  );
});

export type VoteOutcome = { kind: 'voted'; question: QuestionRow; callerId: number } | Refusal;

export interface CastVotesOutcome {
  /** The outcome of each vote, in the order of the votes. */
  outcomes: VoteOutcome[];
  /** The session, if the votes changed it. */
  changedSessionId: number | undefined;
}

/**
 * Casts votes for one question in one statement, and updates its vote count and sequence number once.
 * The last of several votes by one participant counts.
 *
 * @throws ConflictError when a parallel call withdrew the question or ended the session; no vote counts
 */
export async function castVotes(
  db: Database,
  questionId: number,
  votes: readonly Vote[],
): Promise<CastVotesOutcome> {
  const tokenHashes = votes.map(({ tokenHash }) => tokenHash);
  const flags = votes.map(({ on }) => on);
  const query = statement({ questionId, tokenHashes, flags });
  const { rows } = await mapConflicts(db.executeQuery(query));
  const outcomes = rows.map((row): VoteOutcome => {
    const question = toQuestionRow(row);
    if (question !== undefined && row.voter_id !== null) {
      return { kind: 'voted', question, callerId: row.voter_id };
    }
    // The locked question, if any, decides: `question` may be an older version of the same row.
    const question_status = row.status ?? row.question_status;
    const refusal = refuseQuestionChange({ ...row, question_status }, 'vote');
    if (refusal !== undefined) return refusal;
    // Another call removed or blocked this voter; the other votes of the batch count.
    if (question !== undefined) return refused('unauthenticated');
    throw new ConflictError();
  });
  return { outcomes, changedSessionId: rows[0]?.changed_session_id ?? undefined };
}
