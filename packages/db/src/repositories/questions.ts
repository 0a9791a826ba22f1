import type { QuestionStatus } from '@classroom/schema';
import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { callerId } from './fragments/caller.ts';
import { AUTHOR_NAME, QUESTION_COLUMNS, type QuestionRow } from './fragments/columns.ts';

export type { QuestionAuthor, QuestionRow } from './fragments/columns.ts';

/** Finds the question submitted by the first call under an idempotency key, given its SHA-256. */
export async function findReplayedQuestion(db: Database, idempotencyKeyHash: Buffer) {
  return await db
    .selectFrom('questions as question')
    .innerJoin('sessions as session', 'session.id', 'question.session_id')
    .innerJoin('session_participants as author', 'author.id', 'question.author_id')
    .where('question.idempotency_key_hash', '=', idempotencyKeyHash)
    .select([
      'question.id',
      'question.body',
      'question.anonymous',
      'question.status',
      'question.created_at',
      'question.author_id',
      'session.code as session_code',
      AUTHOR_NAME,
      'author.role as author_role',
    ])
    .executeTakeFirst();
}

interface QuestionsPage {
  sessionId: number;
  /** SHA-256 of the caller's token. */
  tokenHash: Buffer;
  statuses: readonly QuestionStatus[];
  /** The author whose waiting questions are included; null for those of all authors. */
  waitingOf: number | null;
  limit: number;
}

/** Selects a page of questions with the caller's votes. */
function selectPage(db: Database, { tokenHash, statuses, waitingOf, limit }: QuestionsPage) {
  return db
    .selectFrom('questions as question')
    .innerJoin('session_participants as author', 'author.id', 'question.author_id')
    .leftJoin('question_votes as vote', (join) =>
      join
        .onRef('vote.question_id', '=', 'question.id')
        .on('vote.participant_id', '=', callerId(tokenHash)),
    )
    .where('question.status', '<>', sql.lit('withdrawn'))
    .where('question.status', '=', sql<QuestionStatus>`any(${statuses})`)
    .$if(waitingOf !== null, (query) =>
      query.where((eb) =>
        eb.or([
          eb('question.status', '<>', sql.lit('waiting')),
          eb('question.author_id', '=', waitingOf),
        ]),
      ),
    )
    .limit(limit)
    .select(QUESTION_COLUMNS)
    .select([
      AUTHOR_NAME,
      'author.role as author_role',
      sql<boolean>`vote.question_id is not null`.as('voted'),
    ]);
}

interface TopQuestionsPage extends QuestionsPage {
  /** The last question of the previous page. */
  afterPinned: boolean;
  afterVotes: number;
  afterId: number;
}

/** Returns a page of questions: pinned first, then by votes, then oldest first. */
export async function findTopQuestions(
  db: Database,
  page: TopQuestionsPage,
): Promise<QuestionRow[]> {
  return await selectPage(db, page)
    .where('question.session_id', '=', page.sessionId)
    .where((eb) => {
      const position = eb.refTuple('question.pinned', 'question.vote_count');
      const after = eb.tuple(page.afterPinned, page.afterVotes);
      // The index scan starts at this range; the id cannot be part of it, because it ascends.
      return eb.and([
        eb(position, '<=', after),
        eb.or([eb(position, '<>', after), eb('question.id', '>', page.afterId)]),
      ]);
    })
    .orderBy('question.pinned', 'desc')
    .orderBy('question.vote_count', 'desc')
    .orderBy('question.id')
    .execute();
}

/** Returns a page of questions, newest first. */
export async function findNewestQuestions(
  db: Database,
  page: QuestionsPage & { afterId: number },
): Promise<QuestionRow[]> {
  return (
    selectPage(db, page)
      // A range and an order by session keep the planner from scanning the primary key backwards.
      .where('question.session_id', '>=', page.sessionId)
      .where('question.session_id', '<=', page.sessionId)
      .where('question.id', '<', page.afterId)
      .orderBy('question.session_id')
      .orderBy('question.id', 'desc')
      .execute()
  );
}
