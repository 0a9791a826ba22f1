import { PENDING_QUESTION_LIMIT, SESSION_QUESTION_LIMIT } from '@classroom/schema';
import { type Expression, type QueryCreator, sql } from 'kysely';
import type { Database, Tables } from '../database.ts';
import { ConflictError } from '../errors.ts';
import { type Parameter, executeOne, prepared } from '../prepared.ts';
import {
  type Refusal,
  type SessionCall,
  checkSessionAccess,
  selectSessionAccess,
} from './fragments/access.ts';
import { lockCaller } from './fragments/caller.ts';
import { type QuestionAuthor, selectShownName } from './fragments/columns.ts';
import { incrementSequence } from './fragments/sequence.ts';

export interface NewQuestion extends SessionCall {
  body: string;
  anonymous: boolean;
  /** SHA-256 of the idempotency key, if any. */
  idempotencyKeyHash: Buffer | null;
}

/** `waiting` in a moderated session. */
export type SubmittedStatus = 'waiting' | 'pending';

export type InsertQuestionOutcome =
  | {
      kind: 'submitted';
      id: number;
      sessionId: number;
      status: SubmittedStatus;
      createdAt: Date;
      author: QuestionAuthor;
    }
  /** An earlier call used the idempotency key: see `findReplayedQuestion`. */
  | { kind: 'key-used'; callerId: number }
  /** The author is muted. */
  | { kind: 'muted' }
  /** Pending and waiting questions take all slots of the author. */
  | { kind: 'question-limit' }
  /** The session has reached its question limit. */
  | { kind: 'session-full' }
  | Refusal;

/** Whether `sessions as session` is below its question limit. */
const BELOW_QUESTION_LIMIT = sql<boolean>`session.question_count < ${sql.lit(SESSION_QUESTION_LIMIT)}`;

const statement = prepared((db, parameter: Parameter<NewQuestion>) => {
  const keyIsNew = sql<boolean>`not exists (select from replayed)`;
  const anonymous = parameter('anonymous', 'boolean');
  const code = parameter('code', 'text');
  const tokenHash = parameter('tokenHash', 'bytea');
  return (
    db
      .with('replayed', (db) =>
        db
          .selectFrom('questions')
          .where('idempotency_key_hash', '=', parameter('idempotencyKeyHash', 'bytea'))
          .select('id'),
      )
      // FOR SHARE conflicts with a mute: `muted_at` is that of the locked row.
      .with('locked_caller', (db) =>
        lockCaller(tokenHash)(db).select('caller.muted_at').forShare('caller'),
      )
      .with('author', (db) =>
        db.selectFrom('locked_caller').where('locked_caller.code', '=', code).selectAll(),
      )
      .with('free_slot', findFreeQuestionSlot(sql`(select id from author)`, PENDING_QUESTION_LIMIT))
      .with('sequence', (db) =>
        incrementSequence(sql`
        (select session_id from author, free_slot where ${keyIsNew} and author.muted_at is null)
      `)(db)
          // Another call may fill the session while this one waits for the row lock.
          .where(BELOW_QUESTION_LIMIT)
          .set({ question_count: sql`session.question_count + 1` })
          // The locked row includes a change that this statement has waited for.
          .returning('session.moderated'),
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
            'status',
            'published',
            'idempotency_key_hash',
          ])
          .expression(
            db.selectFrom(['author', 'free_slot', 'sequence']).select([
              'author.session_id',
              'author.id',
              'free_slot.slot',
              anonymous.as('anonymous'),
              parameter('body', 'text').as('body'),
              'sequence.change_number',
              sql<SubmittedStatus>`
                case when sequence.moderated then 'waiting' else 'pending' end
              `.as('status'),
              sql<boolean>`not sequence.moderated`.as('published'),
              parameter('idempotencyKeyHash', 'bytea').as('idempotency_key_hash'),
            ]),
          )
          // A slot or key conflict rolls back the statement, the question count included.
          .returning(['id', 'session_id', 'status', 'created_at']),
      )
      .with('access', selectSessionAccess(code, tokenHash))
      .selectFrom('access')
      .leftJoin('submitted', (join) => join.onTrue())
      .leftJoin('author', (join) => join.onTrue())
      .leftJoin('sessions as session', 'session.id', 'author.session_id')
      .leftJoin('session_participants as participant', 'participant.id', 'author.id')
      .selectAll('access')
      .select([
        'submitted.id as submitted_id',
        'submitted.session_id as submitted_to',
        'submitted.status as submitted_status',
        'submitted.created_at as submitted_at',
        'author.id as author_id',
        'author.muted_at as muted_at',
        sql<boolean>`not ${keyIsNew}`.as('key_used'),
        sql<boolean>`exists (select from free_slot)`.as('slot_is_free'),
        BELOW_QUESTION_LIMIT.as('below_question_limit'),
        sql<string | null>`
          case when not ${anonymous} then ${selectShownName('participant')} end
        `.as('author_name'),
      ])
  );
});

/**
 * Submits a question to an open session if the session is below its question limit and the author is
 * not muted and has a free slot: all or nothing, in one statement and one round trip. In a moderated
 * session the question waits for approval.
 *
 * @throws ConflictError
 */
export async function insertQuestion(
  db: Database,
  question: NewQuestion,
): Promise<InsertQuestionOutcome> {
  const row = await executeOne(db, statement(question));
  const { submitted_id: id, submitted_to: sessionId, submitted_at: createdAt } = row;
  const { author_id, author_name, caller_role: author_role } = row;
  if (id !== null && sessionId !== null && createdAt !== null && author_id !== null) {
    const author = { author_id, author_name, author_role };
    const status = row.submitted_status === 'waiting' ? 'waiting' : 'pending';
    return { kind: 'submitted', id, sessionId, status, createdAt, author };
  }
  if (row.key_used && row.caller_id !== null) return { kind: 'key-used', callerId: row.caller_id };
  const access = checkSessionAccess(row, { role: 'participant', status: 'open' });
  if (access.kind === 'refused') return access;
  if (author_id === null) throw new ConflictError();
  if (row.muted_at !== null) return { kind: 'muted' };
  if (!row.below_question_limit) return { kind: 'session-full' };
  if (!row.slot_is_free) return { kind: 'question-limit' };
  throw new ConflictError();
}

/** Part of a statement: the lowest slot that no question of the author takes. */
function findFreeQuestionSlot(authorId: Expression<number | null>, slots: number) {
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
