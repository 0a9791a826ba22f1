import { PENDING_QUESTION_LIMIT, SESSION_QUESTION_LIMIT } from '@classroom/schema';
import { type Expression, type QueryCreator, sql } from 'kysely';
import type { Database, Tables } from '../database.ts';
import { type Parameter, prepared } from '../prepared.ts';
import { callerForShare } from './fragments/caller.ts';
import { SESSION_IS_OPEN } from './fragments/columns.ts';
import { incrementSequence } from './fragments/sequence.ts';

export interface NewQuestion {
  code: string;
  /** SHA-256 of the author's token. */
  tokenHash: Buffer;
  body: string;
  anonymous: boolean;
  /** SHA-256 of the idempotency key, when the caller gave one. */
  idempotencyKeyHash: Buffer | null;
}

export type InsertQuestionOutcome =
  | { kind: 'submitted'; id: number; sessionId: number; createdAt: Date; authorName: string | null }
  /** The key has been used: `findReplayedQuestion` says for what. */
  | { kind: 'key-used' }
  /** Every slot of the author is taken. */
  | { kind: 'limit' }
  /** The session has as many questions as it may have. */
  | { kind: 'session-full' }
  /** A parallel call ended the session or asked its last question: try again. */
  | { kind: 'conflict' }
  /** Nobody in an open session of that code holds the token. */
  | { kind: 'refused' };

/** Whether `sessions as session` is below its question limit. */
const BELOW_QUESTION_LIMIT = sql<boolean>`session.question_count < ${sql.lit(SESSION_QUESTION_LIMIT)}`;

const statement = prepared((db, parameter: Parameter<NewQuestion>) => {
  const keyIsNew = sql<boolean>`not exists (select from replayed)`;
  const anonymous = parameter('anonymous', 'boolean');
  return db
    .with('replayed', (db) =>
      db
        .selectFrom('questions')
        .where('idempotency_key_hash', '=', parameter('idempotencyKeyHash', 'bytea'))
        .select('id'),
    )
    .with('known_caller', callerForShare(parameter('tokenHash', 'bytea')))
    .with('asking', (db) =>
      db
        .selectFrom('known_caller')
        .where('known_caller.code', '=', parameter('code', 'text'))
        .selectAll(),
    )
    .with('free_slot', freeQuestionSlot(sql`(select id from asking)`, PENDING_QUESTION_LIMIT))
    .with('numbered', (db) =>
      incrementSequence(sql`(select session_id from asking, free_slot where ${keyIsNew})`)(db)
        // Another call may end or fill the session while this one waits for its row.
        .where(SESSION_IS_OPEN)
        .where(BELOW_QUESTION_LIMIT)
        .set({ question_count: sql`session.question_count + 1` }),
    )
    .with('submitted', (db) =>
      db
        .insertInto('questions')
        .columns([
          'session_id',
          'author_id',
          'author_slot',
          'anonymous',
          'body',
          'change_number',
          'idempotency_key_hash',
        ])
        .expression(
          db
            .selectFrom(['asking', 'free_slot', 'numbered'])
            .select([
              'asking.session_id',
              'asking.id',
              'free_slot.slot',
              anonymous.as('anonymous'),
              parameter('body', 'text').as('body'),
              'numbered.change_number',
              parameter('idempotencyKeyHash', 'bytea').as('idempotency_key_hash'),
            ]),
        )
        // A slot or key conflict rolls back the statement, the question count included.
        .returning(['id', 'session_id', 'created_at']),
    )
    .selectFrom(sql`(select)`.as('always'))
    .leftJoin('submitted', (join) => join.onTrue())
    .leftJoin('asking', (join) => join.onTrue())
    .leftJoin('sessions as session', 'session.id', 'asking.session_id')
    .leftJoin('session_participants as author', 'author.id', 'asking.id')
    .leftJoin('users as author_user', 'author_user.id', 'author.user_id')
    .select([
      'submitted.id',
      'submitted.session_id',
      'submitted.created_at',
      'asking.id as caller_id',
      sql<boolean>`not ${keyIsNew}`.as('key_used'),
      sql<boolean>`exists (select from free_slot)`.as('slot_is_free'),
      BELOW_QUESTION_LIMIT.as('below_question_limit'),
      sql<string | null>`case when not ${anonymous} then author_user.display_name end`.as(
        'author_name',
      ),
    ]);
});

/**
 * Submits a question to an open session, if the session has room and its author a slot free for it:
 * all or nothing, in one statement and one round trip.
 *
 * @throws what `isConflict` knows, when a parallel call took the slot or the key first
 */
export async function insertQuestion(
  db: Database,
  question: NewQuestion,
): Promise<InsertQuestionOutcome> {
  const [row] = (await db.executeQuery(statement(question))).rows;
  if (row === undefined) throw new Error('insertQuestion: a select from one row returned none');
  const { id, session_id: sessionId, created_at: createdAt, author_name: authorName } = row;
  if (id !== null && sessionId !== null && createdAt !== null) {
    return { kind: 'submitted', id, sessionId, createdAt, authorName };
  }
  if (row.key_used) return { kind: 'key-used' };
  if (row.caller_id === null) return { kind: 'refused' };
  if (!row.below_question_limit) return { kind: 'session-full' };
  return { kind: row.slot_is_free ? 'conflict' : 'limit' };
}

/** Part of a statement: the first slot, from 1 on, that no pending question of the author holds. */
export function freeQuestionSlot(authorId: Expression<number | null>, slots: number) {
  return (db: QueryCreator<Tables>) =>
    db
      .selectFrom(
        sql<{ slot: number }>`generate_series(1, ${sql.lit(slots)})`.as<'candidate'>(
          sql`candidate(slot)`,
        ),
      )
      .select('candidate.slot')
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('questions')
              .where('questions.author_id', '=', authorId)
              .whereRef('questions.author_slot', '=', 'candidate.slot')
              .select('questions.id'),
          ),
        ),
      )
      .orderBy('candidate.slot')
      .limit(sql.lit(1));
}
