import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { holdLock, lockSession, outcomeOf, useTestDatabase, waitEvents } from '../testing.ts';
import { createModeratedLesson } from '../testing/moderated-lesson.ts';
import { muteAuthorAsModerator } from './author-muting.ts';
import { findSessionChanges } from './changes.ts';
import { withdrawQuestionAsAuthor } from './question-withdrawal.ts';
import { castVotes } from './votes.ts';

const { db } = await useTestDatabase({ max: 20 });
const createLesson = () => createModeratedLesson(db);
const waitForLock = () => expect.poll(() => waitEvents(db)).toContain('Lock');

test('a muted author submits nothing and votes, until unmuted', async () => {
  const { author, ask, submit, mute } = await createLesson();
  const id = await ask(author.tokenHash, true);
  for (const _ of [1, 2]) {
    expect(await mute(id)).toEqual({ kind: 'done' });
    expect(await submit()).toEqual({ kind: 'muted' });
  }
  const { outcomes } = await castVotes(db, id, [{ tokenHash: author.tokenHash, on: true }]);
  expect(outcomes).toMatchObject([{ kind: 'voted' }]);
  await mute(id, false);
  expect(await submit()).toMatchObject({ kind: 'submitted' });
});

test('muting takes no sequence number, and has the same outcome for the host', async () => {
  const { sessionId, host, ask, submit, mute } = await createLesson();
  const [ofHost, ofAuthor] = [await ask(host.tokenHash, true), await ask()];
  const changes = async () => {
    const query = { sessionId, after: -1, participantId: null, limit: 500 };
    const { seconds_since_change, ...rest } = (await findSessionChanges(db, query)) ?? {};
    expect(seconds_since_change).toBeGreaterThanOrEqual(0);
    return rest;
  };
  const before = await changes();
  for (const id of [ofHost, ofAuthor]) expect(await mute(id)).toEqual({ kind: 'done' });
  expect(await changes()).toEqual(before);
  expect(await submit(host.tokenHash)).toMatchObject({ kind: 'submitted' });
});

test('muting is refused to participants, and for questions that the caller cannot see', async () => {
  const { author, other, ask, set } = await createLesson();
  const questionId = await ask();
  const attempt = (tokenHash: Buffer) =>
    muteAuthorAsModerator(db, { tokenHash, questionId, muted: true });
  const refusal = (reason: string) => ({ kind: 'refused', reason });
  expect(await attempt(other.tokenHash)).toEqual(refusal('question-not-found'));
  expect(await attempt(author.tokenHash)).toEqual(refusal('forbidden'));
  await set(questionId, 'pending');
  expect(await attempt(other.tokenHash)).toEqual(refusal('forbidden'));
  const elsewhere = await createLesson();
  expect(await attempt(elsewhere.host.tokenHash)).toEqual(refusal('question-not-found'));
  await db.transaction().execute((tx) => withdrawQuestionAsAuthor(tx, { ...author, questionId }));
  expect(await elsewhere.mute(questionId)).toEqual(refusal('question-not-found'));
});

test('a submission that waits for a mute is refused', async () => {
  const { host, ask, submit } = await createLesson();
  const questionId = await ask();
  const { submitting } = await db.transaction().execute(async (transaction) => {
    await muteAuthorAsModerator(transaction, { ...host, questionId, muted: true });
    const call = outcomeOf(submit());
    await waitForLock();
    return { submitting: call };
  });
  expect(await submitting).toEqual({ kind: 'muted' });
});

test('a submission that waits for its session is refused when its author is muted meanwhile', async () => {
  const { code, author, submit } = await createLesson();
  const release = await lockSession(db, code);
  const submitting = outcomeOf(submit());
  try {
    await waitForLock();
    // `muteAuthorAsModerator` would wait for the session too.
    await sql`update session_participants set muted_at = now() where id = ${author.id}`.execute(db);
  } finally {
    await release();
  }
  expect(await submitting).toEqual({ kind: 'muted' });
});

test('a mute waits for a submission that waits for its sequence number', async () => {
  const { sessionId, ask, submit, mute } = await createLesson();
  const questionId = await ask();
  const release = await holdLock(
    db,
    sql`select from sessions where id = ${sessionId} for no key update`,
  );
  const submitting = outcomeOf(submit());
  let isMuted = false;
  let muting: Promise<unknown> = Promise.resolve();
  try {
    await waitForLock();
    muting = outcomeOf(mute(questionId).finally(() => void (isMuted = true)));
    const waiting = async () => (await waitEvents(db)).filter((event) => event === 'Lock').length;
    await expect.poll(waiting).toBe(2);
    expect(isMuted).toBe(false);
  } finally {
    await release();
  }
  expect(await submitting).toMatchObject({ kind: 'submitted' });
  expect(await muting).toEqual({ kind: 'done' });
  expect(await submit()).toEqual({ kind: 'muted' });
});
