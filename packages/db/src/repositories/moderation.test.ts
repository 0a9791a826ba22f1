import { expect, test } from 'vitest';
import { outcomeOf, useTestDatabase, waitEvents } from '../testing.ts';
import { createModeratedLesson } from '../testing/moderated-lesson.ts';
import { findSessionSnapshot } from './changes.ts';
import { leaveSession } from './participant-removal.ts';
import { setQuestionStatusAsModerator } from './question-moderation.ts';
import { configureSessionAsHost } from './session-lifecycle.ts';
import { castVotes } from './votes.ts';

const { db } = await useTestDatabase({ max: 20 });

const createLesson = (options = {}) => createModeratedLesson(db, options);

async function findQuestion(id: number) {
  return await db
    .selectFrom('questions')
    .where('id', '=', id)
    .select(['status', 'author_slot', 'published'])
    .executeTakeFirstOrThrow();
}

const waitForLock = () => expect.poll(() => waitEvents(db)).toContain('Lock');

test('in a moderated session every question waits, that of the host too, and holds a slot', async () => {
  const { host, submit } = await createLesson({ moderated: false });
  expect(await submit()).toMatchObject({ kind: 'submitted', status: 'pending' });
  await configureSessionAsHost(db, { ...host, moderated: true });
  for (const tokenHash of [undefined, host.tokenHash]) {
    const outcome = await submit(tokenHash);
    if (outcome.kind !== 'submitted') throw new Error(outcome.kind);
    expect(outcome.status).toBe('waiting');
    expect(await findQuestion(outcome.id)).toEqual({
      status: 'waiting',
      author_slot: tokenHash === undefined ? 2 : 1,
      published: false,
    });
  }
  await submit();
  expect(await submit()).toEqual({ kind: 'question-limit' });
});

test('a submission that waits for the call that turns moderation on is inserted waiting', async () => {
  const { host, submit } = await createLesson({ moderated: false });
  const { submitting } = await db.transaction().execute(async (transaction) => {
    await configureSessionAsHost(transaction, { ...host, moderated: true });
    const call = outcomeOf(submit());
    await waitForLock();
    return { submitting: call };
  });
  expect(await submitting).toMatchObject({ kind: 'submitted', status: 'waiting' });
  const turnedOff = await db.transaction().execute(async (transaction) => {
    await configureSessionAsHost(transaction, { ...host, moderated: false });
    const call = outcomeOf(submit());
    await waitForLock();
    return { submitting: call };
  });
  expect(await turnedOff.submitting).toMatchObject({ kind: 'submitted', status: 'pending' });
});

test('turning moderation off leaves waiting questions waiting', async () => {
  const { host, ask, submit } = await createLesson();
  const id = await ask();
  await configureSessionAsHost(db, { ...host, moderated: false });
  expect(await findQuestion(id)).toMatchObject({ status: 'waiting', published: false });
  expect(await submit()).toMatchObject({ status: 'pending' });
});

test.each([
  ['pending', { author_slot: 1, published: true }],
  ['answered', { author_slot: null, published: true }],
  ['hidden', { author_slot: null, published: false }],
] as const)('a waiting question becomes %s', async (status, expected) => {
  const { ask, set } = await createLesson();
  const id = await ask();
  expect(await set(id, status)).toMatchObject({ kind: 'changed', question: { status } });
  expect(await findQuestion(id)).toEqual({ status, ...expected });
  expect(await set(id, 'pending')).toMatchObject({ question: { status: 'pending' } });
  expect(await findQuestion(id)).toEqual({ status: 'pending', ...expected, published: true });
});

test('approving and reopening never fail on the limit of the author', async () => {
  const { ask, set, submit } = await createLesson();
  const hidden = await ask();
  await set(hidden, 'hidden');
  const waiting = [await ask(), await ask(), await ask()];
  for (const id of [hidden, ...waiting]) {
    expect(await set(id, 'pending')).toMatchObject({ kind: 'changed' });
  }
  expect(await submit()).toEqual({ kind: 'question-limit' });
});

test('the author and the host vote for a waiting question, and nobody else', async () => {
  const { host, author, other, ask, set } = await createLesson();
  const id = await ask();
  const { outcomes } = await castVotes(db, id, [
    { tokenHash: host.tokenHash, on: true },
    { tokenHash: other.tokenHash, on: true },
    { tokenHash: author.tokenHash, on: true },
  ]);
  expect(outcomes).toMatchObject([
    { kind: 'voted', question: { vote_count: 2 } },
    { kind: 'refused', reason: 'question-not-found' },
    { kind: 'voted' },
  ]);
  await set(id, 'pending');
  const { outcomes: later } = await castVotes(db, id, [{ tokenHash: other.tokenHash, on: true }]);
  expect(later).toMatchObject([{ kind: 'voted', question: { vote_count: 3 } }]);
});

test('a vote that waits for the approval of its question counts', async () => {
  const { host, other, ask } = await createLesson();
  const questionId = await ask();
  const { voting } = await db.transaction().execute(async (transaction) => {
    await setQuestionStatusAsModerator(transaction, { ...host, questionId, status: 'pending' });
    const call = castVotes(db, questionId, [{ tokenHash: other.tokenHash, on: true }]);
    const outcome = outcomeOf(call);
    await waitForLock();
    return { voting: outcome };
  });
  expect(await voting).toMatchObject({ outcomes: [{ kind: 'voted' }] });
});

test('a snapshot has the waiting questions of its participant, and those of all with hidden ones', async () => {
  const { sessionId, author, other, ask } = await createLesson();
  const [own, foreign] = [await ask(), await ask(other.tokenHash)];
  const idsFor = async (participantId: number, includeHidden = false) => {
    const { tokenHash } = author;
    const query = { sessionId, participantId, tokenHash, includeHidden, limit: 500 };
    const found = await findSessionSnapshot(db, query);
    return found?.questions.map(({ id }) => id).toSorted((a, b) => a - b);
  };
  expect(await idsFor(author.id)).toEqual([own]);
  expect(await idsFor(other.id)).toEqual([foreign]);
  expect(await idsFor(author.id, true)).toEqual([own, foreign]);
});

test('leaving withdraws waiting questions, except anonymous ones', async () => {
  const { code, author, ask } = await createLesson();
  const [named, anonymous] = [await ask(), await ask(author.tokenHash, true)];
  const { tokenHash } = author;
  await db.transaction().execute((transaction) => leaveSession(transaction, { code, tokenHash }));
  expect(await findQuestion(named)).toMatchObject({ status: 'withdrawn', published: false });
  expect(await findQuestion(anonymous)).toMatchObject({ status: 'waiting' });
});
