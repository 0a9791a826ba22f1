import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { newParticipant, newSession, outcomeOf, useTestDatabase, waitEvents } from '../testing.ts';
import { findSessionChanges } from './changes.ts';
import { insertParticipant } from './insert-participant.ts';
import { insertQuestion } from './insert-question.ts';
import { insertSession } from './insert-session.ts';
import { leaveSession, removeParticipantAsModerator } from './participant-removal.ts';
import { setQuestionStatusAsModerator } from './question-moderation.ts';
import { endSessionAsHost } from './session-lifecycle.ts';
import { findParticipantByToken } from './session-participants.ts';
import { castVotes } from './votes.ts';

const { db } = await useTestDatabase({ max: 20 });

/** Creates a session with one participant. */
async function createLesson() {
  const session = newSession();
  await insertSession(db, session);
  const { code } = session;
  const participant = newParticipant({ code });
  const joined = await insertParticipant(db, participant);
  if (joined.kind !== 'added') throw new Error(joined.kind);
  const { tokenHash } = participant;
  const submit = async (anonymous: boolean) => {
    const question = { code, tokenHash, body: 'Why?', anonymous, idempotencyKeyHash: null };
    const outcome = await insertQuestion(db, question);
    if (outcome.kind !== 'submitted') throw new Error(outcome.kind);
    return outcome.id;
  };
  const leave = () => db.transaction().execute((tx) => leaveSession(tx, { code, tokenHash }));
  const { id: sessionId } = joined.session;
  const changes = async (after: number) =>
    await findSessionChanges(db, { sessionId, after, participantId: null, limit: 500 });
  return { session, participantId: joined.participant.id, tokenHash, submit, leave, changes };
}

test('leaving withdraws the pending questions with their votes, except anonymous ones, and removes the name from the others', async () => {
  const { session, participantId, tokenHash, submit, leave, changes } = await createLesson();
  const answered = await submit(false);
  const hidden = await submit(true);
  const host = { tokenHash: session.tokenHash };
  for (const [questionId, status] of [
    [answered, 'answered'],
    [hidden, 'hidden'],
  ] as const) {
    await setQuestionStatusAsModerator(db, { ...host, questionId, status });
  }
  const pending = [await submit(false), await submit(false)];
  const anonymous = await submit(true);
  for (const id of [...pending, answered, anonymous])
    await castVotes(db, id, [{ ...host, on: true }]);
  const before = await changes(0);

  expect(await leave()).toMatchObject({ kind: 'left' });
  expect(await findParticipantByToken(db, tokenHash)).toBeUndefined();
  const after = await changes(before?.change_number ?? 0);
  expect(after?.revoked).toEqual([{ id: participantId }]);
  const byId = new Map(after?.questions.map((question) => [question.id, question]));
  expect(new Set(byId.keys())).toEqual(new Set([answered, ...pending]));
  for (const id of pending) {
    expect(byId.get(id)).toMatchObject({ status: 'withdrawn', body: null, vote_count: 0 });
  }
  expect(byId.get(answered)).toMatchObject({
    status: 'answered',
    body: 'Why?',
    vote_count: 1,
    author_name: null,
  });
  const votes = await db.selectFrom('question_votes').select('question_id').execute();
  expect(new Set(votes.map(({ question_id }) => question_id))).toEqual(
    new Set([answered, anonymous]),
  );
});

test('the host, strangers and participants of an ended session cannot leave', async () => {
  const { session, tokenHash } = await createLesson();
  const { code } = session;
  const other = await createLesson();
  const attempt = (hash: Buffer) => leaveSession(db, { code, tokenHash: hash });
  const refusal = (reason: string) => ({ kind: 'refused', reason });
  expect(await attempt(session.tokenHash)).toEqual(refusal('forbidden'));
  expect(await attempt(other.tokenHash)).toEqual(refusal('forbidden'));
  expect(await attempt(randomBytes(32))).toEqual(refusal('unauthenticated'));
  await endSessionAsHost(db, session);
  expect(await attempt(tokenHash)).toEqual(refusal('session-ended'));
  expect(await findParticipantByToken(db, tokenHash)).toBeDefined();
});

test('leaving waits for a submission of the participant, and withdraws its question', async () => {
  const { session, tokenHash, leave, changes } = await createLesson();
  const question = { code: session.code, tokenHash, body: 'Why?', anonymous: false };
  const left = await db.transaction().execute(async (transaction) => {
    await insertQuestion(transaction, { ...question, idempotencyKeyHash: null });
    const leaving = outcomeOf(leave());
    await expect.poll(() => waitEvents(db)).toContain('Lock');
    return { leaving };
  });
  expect(await left.leaving).toMatchObject({ kind: 'left' });
  expect((await changes(0))?.questions).toMatchObject([{ status: 'withdrawn', body: null }]);
});

test('a removal waits for a submission of the participant, and its question loses the name', async () => {
  const { session, participantId, tokenHash, changes } = await createLesson();
  const { code } = session;
  const question = { code, tokenHash, body: 'Why?', anonymous: false, idempotencyKeyHash: null };
  const removal = { code, tokenHash: session.tokenHash, participantId, block: false };
  const removed = await db.transaction().execute(async (transaction) => {
    await insertQuestion(transaction, question);
    const removing = outcomeOf(
      db.transaction().execute((tx) => removeParticipantAsModerator(tx, removal)),
    );
    await expect.poll(() => waitEvents(db)).toContain('Lock');
    return { removing };
  });
  expect(await removed.removing).toMatchObject({ kind: 'removed' });
  // The submission took sequence number 1, so a subscriber that has it receives the question again.
  expect((await changes(1))?.questions).toMatchObject([{ body: 'Why?', author_name: null }]);
});

test('of parallel submissions, votes and leaves, nothing of the participant stays pending', async () => {
  for (let round = 0; round < 20; round += 1) {
    const { session, participantId, tokenHash, submit, leave } = await createLesson();
    const questionId = await submit(false);
    const question = { code: session.code, tokenHash, body: 'How?', anonymous: false };
    await Promise.all([
      outcomeOf(leave()),
      outcomeOf(leave()),
      outcomeOf(insertQuestion(db, { ...question, idempotencyKeyHash: null })),
      castVotes(db, questionId, [{ tokenHash: session.tokenHash, on: true }]).catch(() => {}),
    ]);
    expect(await findParticipantByToken(db, tokenHash)).toBeUndefined();
    const rows = await db
      .selectFrom('questions')
      .where('author_id', '=', participantId)
      .select(['status', 'vote_count'])
      .execute();
    for (const row of rows) expect(row).toEqual({ status: 'withdrawn', vote_count: 0 });
    const votes = await db
      .selectFrom('question_votes')
      .where('question_id', '=', questionId)
      .select('participant_id')
      .execute();
    expect(votes).toEqual([]);
  }
});
