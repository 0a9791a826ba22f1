import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { isHost } from './caller.ts';
import { deleteOrphanedNames } from './users.ts';

/**
 * Within a transaction: keeps everybody else off a session until its end, if the token is its host's.
 *
 * @returns the id of the session
 */
export async function lockSessionAsHost(
  db: Database,
  { code, tokenHash }: { code: string; tokenHash: Buffer },
): Promise<number | undefined> {
  const locked = await db
    .selectFrom('sessions as session')
    .innerJoin('session_participants as caller', 'caller.session_id', 'session.id')
    .where('session.code', '=', code)
    .where(isHost(sql.val(tokenHash)))
    .select('session.id')
    .forUpdate('session')
    .executeTakeFirst();
  return locked?.id;
}

/**
 * Within a transaction: takes the session that ended first, of those that ended so long ago and that
 * no other process has in hand.
 *
 * @param except the ids of sessions to leave alone
 * @returns its id
 */
export async function lockSessionEndedBefore(
  db: Database,
  { days, except }: { days: number; except: readonly number[] },
): Promise<number | undefined> {
  const locked = await db
    .selectFrom('sessions')
    .where('status', '=', sql.lit('ended'))
    .where('ended_at', '<', sql<Date>`now() - make_interval(days => ${days})`)
    .where('id', '<>', sql<number>`all(${except})`)
    .orderBy('ended_at')
    .limit(1)
    .select('id')
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
  return locked?.id;
}

/** Rows per statement, cascaded ones included. 600,000 questions went in 15 s, 50 ms for each chunk. */
const CHUNK = 2_000;

export interface DeletedChunk {
  /** Whose names nobody may bear any more. */
  userIds: number[];
  /** From which change number on questions may be left; undefined when the session is gone. */
  next: number | undefined;
}

/**
 * Within a transaction that has locked it: deletes some of a session's rows, however they are spread,
 * and at last the session. Votes go first, then questions, then participants.
 *
 * @param from the `next` of the chunk before: what is deleted already is not read again
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
  const participants = await deleteSomeParticipants(db, sessionId);
  const userIds = participants.flatMap(({ user_id }) => user_id ?? []);
  if (participants.length === CHUNK) return { userIds, next: from };
  const session = await db
    .deleteFrom('sessions')
    .where('id', '=', sessionId)
    .returning('host_user_id')
    .executeTakeFirst();
  return { userIds: session ? [...userIds, session.host_user_id] : userIds, next: undefined };
}

/**
 * Within a transaction that has locked it: deletes a session, however large, with all that belongs
 * to it, and the names that nobody bears any more.
 */
export async function deleteWholeSession(db: Database, sessionId: number): Promise<void> {
  const userIds = new Set<number>();
  for (let next: number | undefined = 0; next !== undefined;) {
    const chunk: DeletedChunk = await deleteSessionChunk(db, sessionId, next);
    for (const id of chunk.userIds) userIds.add(id);
    next = chunk.next;
  }
  await deleteOrphanedNames(db, [...userIds]);
}

/** The next questions, as many as make a chunk together with their votes, and one at least. */
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
  for (let votes = CHUNK; votes === CHUNK;) votes = await deleteSomeVotes(db, ids);
  await db
    .deleteFrom('questions')
    .where('id', '=', sql<number>`any(${ids})`)
    .execute();
}

async function deleteSomeVotes(db: Database, questionIds: readonly number[]): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('question_votes as vote')
    .using((eb) =>
      eb
        .selectFrom('question_votes')
        .where('question_id', '=', sql<number>`any(${questionIds})`)
        .select(['question_id', 'participant_id'])
        .limit(CHUNK)
        .as('doomed'),
    )
    .whereRef('vote.question_id', '=', 'doomed.question_id')
    .whereRef('vote.participant_id', '=', 'doomed.participant_id')
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

async function deleteSomeParticipants(db: Database, sessionId: number) {
  return await db
    .deleteFrom('session_participants')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('session_participants')
        .where('session_id', '=', sessionId)
        .select('id')
        .limit(CHUNK),
    )
    .returning('user_id')
    .execute();
}
