import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { type Parameter, prepared } from '../prepared.ts';
import { callerId } from './fragments/caller.ts';
import {
  AUTHOR_NAME,
  QUESTION_COLUMNS,
  type QuestionRow,
  SESSION_IS_OPEN,
} from './fragments/columns.ts';
import { incrementSequence } from './fragments/sequence.ts';

/** A vote for a question, or that there is none. */
export interface Vote {
  /** SHA-256 of the voter's token. */
  tokenHash: Buffer;
  on: boolean;
}

interface Votes {
  questionId: number;
  tokenHashes: Buffer[];
  ons: boolean[];
}

const statement = prepared((db, parameter: Parameter<Votes>) => {
  const questionId = parameter('questionId', 'bigint');
  return (
    db
      .with('given', (db) =>
        db
          .selectFrom(
            sql<{ token_hash: Buffer; vote_on: boolean; n: number }>`
              unnest(
                ${parameter('tokenHashes', 'bytea[]')}, ${parameter('ons', 'boolean[]')}
              ) with ordinality
            `.as<'vote'>(sql`vote(token_hash, vote_on, n)`),
          )
          .select((eb) => [
            'vote.n',
            'vote.vote_on',
            callerId(eb.ref('vote.token_hash')).as('caller_id'),
          ]),
      )
      // Held in this order by every batch: the session, its voters, the question. Behind the question
      // its votes need no order, for they are one batch's at a time.
      .with('place', (db) =>
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
          .innerJoin('place', 'place.id', 'caller.session_id')
          .where('caller.id', 'in', (eb) => eb.selectFrom('given').select('given.caller_id'))
          .orderBy('caller.id')
          .select(['caller.id', 'caller.role'])
          .forKeyShare('caller'),
      )
      .with('target', (db) =>
        db
          .selectFrom('questions as question')
          .innerJoin('session_participants as author', 'author.id', 'question.author_id')
          .leftJoin('users as author_user', 'author_user.id', 'author.user_id')
          .where('question.id', '=', questionId)
          .where('question.status', '<>', sql.lit('withdrawn'))
          .where(sql<boolean>`(select count(*) from voter) > 0`)
          .select(QUESTION_COLUMNS)
          .select(['question.session_id', AUTHOR_NAME])
          .forNoKeyUpdate('question'),
      )
      .with('wanted', (db) =>
        db
          .selectFrom('voter')
          .innerJoin('given', 'given.caller_id', 'voter.id')
          .innerJoin('target', (join) => join.onTrue())
          .where((eb) =>
            eb.or([
              eb('target.status', '<>', sql.lit('hidden')),
              eb('voter.role', '=', sql.lit('host')),
            ]),
          )
          .distinctOn('voter.id')
          .orderBy('voter.id')
          .orderBy('given.n', 'desc')
          .select(['voter.id', 'target.id as question_id', 'given.vote_on']),
      )
      .with('added', (db) =>
        db
          .insertInto('question_votes')
          .columns(['question_id', 'participant_id'])
          .expression(
            db
              .selectFrom('wanted')
              .where('wanted.vote_on', '=', sql.lit(true))
              .select(['wanted.question_id', 'wanted.id']),
          )
          .onConflict((conflict) => conflict.doNothing())
          .returning('participant_id'),
      )
      .with('removed', (db) =>
        db
          .deleteFrom('question_votes as vote')
          .using('wanted')
          .whereRef('vote.question_id', '=', 'wanted.question_id')
          .whereRef('vote.participant_id', '=', 'wanted.id')
          .where('wanted.vote_on', '=', sql.lit(false))
          .returning('vote.participant_id'),
      )
      .with('tally', (db) =>
        db.selectNoFrom([
          sql<number>`(select count(*)::int from added)`.as('added'),
          sql<number>`(select count(*)::int from removed)`.as('removed'),
        ]),
      )
      .with(
        'numbered',
        incrementSequence(sql`(select session_id from target, tally where added + removed > 0)`),
      )
      .with('changed', (db) =>
        db
          .updateTable('questions as question')
          .from(['target', 'tally', 'numbered'])
          .whereRef('question.id', '=', 'target.id')
          .set({
            vote_count: sql`question.vote_count + tally.added - tally.removed`,
            change_number: sql`numbered.change_number`,
          })
          .returning(['question.id', 'question.vote_count']),
      )
      .selectFrom('given')
      .innerJoin('wanted', 'wanted.id', 'given.caller_id')
      .innerJoin('target', (join) => join.onTrue())
      .leftJoin('changed', (join) => join.onTrue())
      .selectAll('target')
      .select([
        'given.n',
        'given.vote_on as voted',
        'changed.id as changed_id',
        sql<number>`coalesce(changed.vote_count, target.vote_count)`.as('vote_count'),
      ])
  );
});

export interface CastVotesOutcome {
  /** For each vote the question, as its voter sees it; undefined for whoever may not vote here. */
  questions: (QuestionRow | undefined)[];
  /** The session, when votes of it have changed. */
  changedSessionId: number | undefined;
}

/**
 * Sets many votes for one question in one statement; of several by one participant the last. The
 * question counts what has really changed, once for all of them. Nobody votes who holds no token of
 * the session while it is open, nor for a question that is withdrawn or hidden from them.
 */
export async function castVotes(
  db: Database,
  questionId: number,
  votes: readonly Vote[],
): Promise<CastVotesOutcome> {
  const tokenHashes = votes.map(({ tokenHash }) => tokenHash);
  const ons = votes.map(({ on }) => on);
  const { rows } = await db.executeQuery(statement({ questionId, tokenHashes, ons }));
  const questions = Array<QuestionRow | undefined>(votes.length).fill(undefined);
  for (const { n, session_id: _, changed_id: __, ...question } of rows) questions[n - 1] = question;
  const [first] = rows;
  return {
    questions,
    changedSessionId: first && first.changed_id !== null ? first.session_id : undefined,
  };
}
