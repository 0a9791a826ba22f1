import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { ConflictError } from '../errors.ts';
import {
  type Refusal,
  type SessionCall,
  checkSessionAccess,
  selectSessionAccess,
} from './fragments/access.ts';
import { isHost } from './fragments/caller.ts';
import { deleteOrphanedUsers } from './users.ts';

/**
 * Locks a session FOR UPDATE if the caller is its host. Call it within a transaction.
 *
 * @throws ConflictError
 */
export async function lockSessionAsHost(
  db: Database,
  { code, tokenHash }: SessionCall,
): Promise<{ kind: 'locked'; sessionId: number } | Refusal> {
  const row = await db
    .with('locked', (db) =>
      db
        .selectFrom('sessions as session')
        .innerJoin('session_participants as caller', 'caller.session_id', 'session.id')
        .where('session.code', '=', code)
        .where(isHost(tokenHash))
        .select('session.id')
        .forUpdate('session'),
    )
    .with('access', selectSessionAccess(code, tokenHash))
    .selectFrom('access')
    .leftJoin('locked', (join) => join.onTrue())
    .selectAll('access')
    .select('locked.id as locked_id')
    .executeTakeFirstOrThrow();
  const access = checkSessionAccess(row, { role: 'host' });
  if (access.kind === 'refused') return access;
  if (row.locked_id === null) throw new ConflictError();
  return { kind: 'locked', sessionId: row.locked_id };
}

/**
 * Locks the session that ended first among those that ended more than `days` days ago, and skips
 * locked sessions. Call it within a transaction.
 *
 * @param excludedIds sessions to skip
 * @returns the id of the session
 */
export async function lockSessionEndedBefore(
  db: Database,
  { days, excludedIds }: { days: number; excludedIds: readonly number[] },
): Promise<number | undefined> {
  const locked = await db
    .selectFrom('sessions')
    .where('status', '=', sql.lit('ended'))
    .where('ended_at', '<', sql<Date>`now() - make_interval(days => ${days})`)
    .where('id', '<>', sql<number>`all(${excludedIds})`)
    .orderBy('ended_at')
    .limit(1)
    .select('id')
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
  return locked?.id;
}

/** Rows per statement, cascaded ones included. Deleting 600,000 questions took 15 s, 50 ms a chunk. */
const CHUNK = 2_000;

export interface DeletedChunk {
  /** Users that the chunk may have orphaned: pass them to `deleteOrphanedUsers`. */
  userIds: number[];
  /** The sequence number to continue from; undefined once the session itself is deleted. */
  next: number | undefined;
}

/**
 * Deletes a chunk of a session's rows: first questions with their votes, then participants, and with
 * the last of them the session. Call it within a transaction that has locked the session.
 *
 * @param from 0 or the `next` of the previous chunk: skips the index entries of deleted questions
 */
export async function deleteSessionChunk(
  db: Database,
  sessionId: number,
  from: number,
): Promise<DeletedChunk> {
  const questions = await findQuestionsFrom(db, sessionId, from);
  const last = questions.at(-1);
  if (last !== undefined) {
    await deleteQuestions(
      db,
      questions.map(({ id }) => id),
    );
    return { userIds: [], next: last.change_number };
  }
  const participants = await deleteParticipantsChunk(db, sessionId);
  const userIds = participants.flatMap(
    ({ user_id, removed_user_id }) => user_id ?? removed_user_id ?? [],
  );
  if (participants.length === CHUNK) return { userIds, next: from };
  const session = await db
    .deleteFrom('sessions')
    .where('id', '=', sessionId)
    .returning('host_user_id')
    .executeTakeFirst();
  return { userIds: session ? [...userIds, session.host_user_id] : userIds, next: undefined };
}

/**
 * Deletes a session of any size with all its rows and its orphaned users. Call it within a
 * transaction that has locked the session.
 */
export async function deleteSession(db: Database, sessionId: number): Promise<void> {
  const userIds = new Set<number>();
  for (let next: number | undefined = 0; next !== undefined;) {
    const chunk: DeletedChunk = await deleteSessionChunk(db, sessionId, next);
    for (const id of chunk.userIds) userIds.add(id);
    next = chunk.next;
  }
  await deleteOrphanedUsers(db, [...userIds]);
}

/** Finds the next questions that fit into a chunk together with their votes; at least one. */
async function findQuestionsFrom(db: Database, sessionId: number, from: number) {
  const found = await db
    .selectFrom('questions')
    .where('session_id', '=', sessionId)
    .where('change_number', '>=', from)
    .orderBy('session_id')
    .orderBy('change_number')
    .limit(CHUNK)
    .select(['id', 'change_number', 'vote_count'])
    .execute();
  let rows = 0;
  return found.filter(({ vote_count }, index) => {
    rows += 1 + vote_count;
    return rows <= CHUNK || index === 0;
  });
}

async function deleteQuestions(db: Database, ids: readonly number[]): Promise<void> {
  for (let votes = CHUNK; votes === CHUNK;) votes = await deleteVotesChunk(db, ids);
  await db
    .deleteFrom('questions')
    .where('id', '=', sql<number>`any(${ids})`)
    .execute();
}

async function deleteVotesChunk(db: Database, questionIds: readonly number[]): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('question_votes as vote')
    .using((eb) =>
      eb
        .selectFrom('question_votes')
        .where('question_id', '=', sql<number>`any(${questionIds})`)
        .select(['question_id', 'participant_id'])
        .limit(CHUNK)
        .as('chunk'),
    )
    .whereRef('vote.question_id', '=', 'chunk.question_id')
    .whereRef('vote.participant_id', '=', 'chunk.participant_id')
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

async function deleteParticipantsChunk(db: Database, sessionId: number) {
  return await db
    .deleteFrom('session_participants')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('session_participants')
        .where('session_id', '=', sessionId)
        .select('id')
        .limit(CHUNK),
    )
    .returning((eb) => [
      'user_id',
      eb
        .selectFrom('removed_participants as removed')
        .whereRef('removed.participant_id', '=', 'session_participants.id')
        .select('removed.user_id')
        .as('removed_user_id'),
    ])
    .execute();
}
