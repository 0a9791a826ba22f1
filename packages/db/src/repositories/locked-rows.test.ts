import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { ConflictError } from '../errors.ts';
import { holdLock, newParticipant, newSession, useTestDatabase, waitEvents } from '../testing.ts';
import { insertParticipant } from './insert-participant.ts';
import { insertQuestion } from './insert-question.ts';
import { insertSession } from './insert-session.ts';
import { removeParticipantAsModerator } from './participant-removal.ts';
import { castVotes } from './votes.ts';

const { db } = await useTestDatabase();

async function createLesson() {
  const session = newSession();
  const { code } = session;
  await insertSession(db, session);
  const participant = newParticipant({ code });
  const joined = await insertParticipant(db, participant);
  if (joined.kind !== 'added') throw new Error(joined.kind);
  const { tokenHash } = participant;
  const submit = () =>
    insertQuestion(db, {
      code,
      tokenHash,
      body: 'Why?',
      anonymous: false,
      idempotencyKeyHash: null,
    });
  const submitted = await submit();
  if (submitted.kind !== 'submitted') throw new Error(submitted.kind);
  const vote = () => castVotes(db, submitted.id, [{ tokenHash, on: true }]);
  const participantId = joined.participant.id;
  const remove = () =>
    removeParticipantAsModerator(db, {
      code,
      tokenHash: session.tokenHash,
      participantId,
      block: true,
    });
  const voteWithHost = () =>
    castVotes(db, submitted.id, [
      { tokenHash, on: true },
      { tokenHash: session.tokenHash, on: true },
    ]);
  const sessionId = joined.session.id;
  return { code, sessionId, participantId, submit, vote, voteWithHost, remove };
}

/** Starts a call while a statement holds its locks, and commits the statement when the call waits. */
async function callDuring<Result>(
  statement: ReturnType<typeof sql>,
  call: () => Promise<Result>,
): Promise<Result | Error> {
  const commit = await holdLock(db, statement);
  const result = call().catch((error: unknown) => {
    if (error instanceof Error) return error;
    throw error;
  });
  try {
    await expect.poll(() => waitEvents(db)).toContain('Lock');
  } finally {
    await commit();
  }
  return await result;
}

const endSession = (code: string) => sql`
  update sessions set status = 'ended', ended_at = now(), change_number = change_number + 1
  where code = ${code}
`;
/** Locks the row as `removeParticipantAsModerator` does. */
const block = (participantId: number) => sql`
  with locked as (select id from session_participants where id = ${participantId} for update)
  update session_participants as participant set blocked_at = now()
  from locked where participant.id = locked.id
`;

async function countVotes(sessionId: number) {
  return await db
    .selectFrom('questions')
    .leftJoin('question_votes', 'question_votes.question_id', 'questions.id')
    .where('questions.session_id', '=', sessionId)
    .select(['questions.vote_count', 'question_votes.participant_id'])
    .execute();
}

test('a vote that waits for the end of its session is not counted', async () => {
  const { code, sessionId, vote } = await createLesson();
  expect(await callDuring(endSession(code), vote)).toBeInstanceOf(ConflictError);
  expect(await vote()).toMatchObject({
    outcomes: [{ kind: 'refused', reason: 'session-ended' }],
  });
  expect(await countVotes(sessionId)).toEqual([{ vote_count: 0, participant_id: null }]);
});

test('a removal that waits for the end of its session removes nobody', async () => {
  const { code, participantId, remove } = await createLesson();
  expect(await callDuring(endSession(code), remove)).toBeInstanceOf(ConflictError);
  expect(await remove()).toEqual({ kind: 'refused', reason: 'session-ended' });
  const row = await db
    .selectFrom('session_participants')
    .where('id', '=', participantId)
    .select('blocked_at')
    .executeTakeFirstOrThrow();
  expect(row.blocked_at).toBeNull();
});

test('a participant who is blocked while a submission waits submits nothing', async () => {
  const { sessionId, participantId, submit } = await createLesson();
  const outcome = await callDuring(block(participantId), submit);
  expect(outcome).not.toMatchObject({ kind: 'submitted' });
  expect(await countVotes(sessionId)).toHaveLength(1);
});

test('a participant who is blocked while a vote waits does not vote', async () => {
  const { sessionId, participantId, vote } = await createLesson();
  const outcome = await callDuring(block(participantId), vote);
  expect(outcome).not.toMatchObject({ outcomes: [{ kind: 'voted' }] });
  expect(await countVotes(sessionId)).toEqual([{ vote_count: 0, participant_id: null }]);
});

test('a voter who is blocked while a batch waits does not undo the other votes', async () => {
  const { sessionId, participantId, voteWithHost } = await createLesson();
  expect(await callDuring(block(participantId), voteWithHost)).toMatchObject({
    outcomes: [{ kind: 'refused', reason: 'unauthenticated' }, { kind: 'voted' }],
    changedSessionId: sessionId,
  });
});
