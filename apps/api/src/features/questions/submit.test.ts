import { randomUUID } from 'node:crypto';
import { useTestDatabase } from '@classroom/db/testing';
import { SESSION_QUESTION_LIMIT } from '@classroom/schema';
import { expect, test } from 'vitest';
import { createClassroom, refusalReason } from '../../testing/classroom.ts';
import { muteAuthor, setQuestionStatus } from './moderate.ts';
import { withdrawQuestion } from './withdraw.ts';

const { db } = await useTestDatabase({ max: 20 });
const deps = { db, notifyChanged: () => {} };

const count = async (code: string) =>
  await db
    .selectFrom('sessions as session')
    .where('code', '=', code)
    .select((eb) => [
      'question_count',
      eb
        .selectFrom('questions')
        .whereRef('session_id', '=', 'session.id')
        .select((rows) => rows.fn.countAll<number>().as('n'))
        .as('rows'),
    ])
    .executeTakeFirstOrThrow();

test('question_count counts each of many parallel questions once, withdrawn ones included', async () => {
  const { submit, session, tokens } = await createClassroom(deps, 3);
  const idempotencyKey = randomUUID();
  await Promise.allSettled(
    tokens.flatMap((token) => [
      ...Array.from({ length: 10 }, () => submit(token)),
      ...Array.from({ length: 10 }, () => submit(token, { idempotencyKey })),
    ]),
  );
  expect(await count(session.code)).toEqual({ question_count: 9, rows: 9 });
  const [author = session.tokenHash] = tokens;
  const { id: questionId } = await db
    .selectFrom('questions')
    .innerJoin('session_participants as author', 'author.id', 'questions.author_id')
    .where('author.token_hash', '=', author)
    .select('questions.id')
    .executeTakeFirstOrThrow();
  await withdrawQuestion(deps, { questionId }, author);
  await submit(author);
  expect(await count(session.code)).toEqual({ question_count: 10, rows: 10 });
});

test('twenty parallel questions fill a session exactly to its limit', async () => {
  for (let round = 0; round < 20; round += 1) {
    const { submit, session, tokens } = await createClassroom(deps, 20);
    await db
      .updateTable('sessions')
      .set({ question_count: SESSION_QUESTION_LIMIT - 2 })
      .where('code', '=', session.code)
      .execute();
    const reasons = await Promise.all(tokens.map((token) => refusalReason(submit(token))));
    expect(reasons.filter((reason) => reason === 'none')).toHaveLength(2);
    expect(reasons.filter((reason) => reason === 'SESSION_FULL')).toHaveLength(18);
    const { rows } = await count(session.code);
    expect(rows).toBe(2);
  }
});

test('a full session refuses a question with its limit, and replays one with the same idempotency key', async () => {
  const { submit, session, host } = await createClassroom(deps);
  const idempotencyKey = randomUUID();
  const question = await submit(host, { idempotencyKey });
  await db
    .updateTable('sessions')
    .set({ question_count: SESSION_QUESTION_LIMIT })
    .where('code', '=', session.code)
    .execute();
  await expect(submit(host)).rejects.toMatchObject({
    reason: 'SESSION_FULL',
    details: { limit: SESSION_QUESTION_LIMIT },
  });
  expect(await submit(host, { idempotencyKey })).toEqual(question);
});

test('an idempotency key of another author or session is refused and returns no question', async () => {
  const { submit, tokens, host } = await createClassroom(deps);
  const other = await createClassroom(deps);
  const idempotencyKey = randomUUID();
  const [author = host] = tokens;
  await submit(author, { idempotencyKey, anonymous: true });
  const more = { idempotencyKey, anonymous: true };
  expect(await refusalReason(submit(host, more))).toBe('IDEMPOTENCY_KEY_REUSED');
  expect(await refusalReason(other.submit(other.host, more))).toBe('IDEMPOTENCY_KEY_REUSED');
});

test('a replay is waiting while the question waits, then pending, also for a muted author', async () => {
  const { submit, host, tokens } = await createClassroom(deps, 1, { moderated: true });
  const [author = host] = tokens;
  const idempotencyKey = randomUUID();
  const first = await submit(author, { idempotencyKey });
  expect(first).toMatchObject({ status: 'waiting', mine: true });
  expect(await submit(author, { idempotencyKey })).toEqual(first);
  const { id: questionId } = first;
  expect(await muteAuthor(deps, { questionId, muted: true }, host)).toEqual({ questionId });
  expect(await refusalReason(submit(author))).toBe('MUTED');
  expect(await submit(author, { idempotencyKey })).toEqual(first);
  for (const status of ['pending', 'hidden'] as const) {
    await setQuestionStatus(deps, { questionId, status }, host);
    expect(await submit(author, { idempotencyKey })).toEqual({ ...first, status: 'pending' });
  }
});
