import { randomInt, randomUUID } from 'node:crypto';
import { type Database, createDatabase } from '@classroom/db';
import { SLOW_MACHINE_TIMEOUTS, useTestDatabase } from '@classroom/db/testing';
import { listQuestionsInput } from '@classroom/schema';
import { afterAll, expect, test } from 'vitest';
import { createClassroom, refusalReason } from '../../testing/classroom.ts';
import { listQuestions } from './list.ts';
import { pinQuestion, setQuestionStatus } from './moderate.ts';
import { createVoteBatcher } from './vote-batcher.ts';
import { vote } from './vote.ts';
import { withdrawQuestion } from './withdraw.ts';

const database = await useTestDatabase({ max: 20 });
const second = createDatabase(database.url, SLOW_MACHINE_TIMEOUTS);
afterAll(() => second.destroy());

let notifications = 0;
const depsOf = (db: Database) => {
  const deps = { db, notifyChanged: () => void (notifications += 1) };
  return { ...deps, castVote: createVoteBatcher(deps) };
};
const deps = depsOf(database.db);
const otherProcess = depsOf(second);

async function sequenceNumber(code: string): Promise<number> {
  const { change_number } = await database.db
    .selectFrom('sessions')
    .where('code', '=', code)
    .select('change_number')
    .executeTakeFirstOrThrow();
  return change_number;
}

test('exactly three of forty parallel questions of one author are accepted', async () => {
  for (let round = 0; round < 20; round += 1) {
    const { submit, host } = await createClassroom(deps, 0);
    const reasons = await Promise.all(
      Array.from({ length: 40 }, () => refusalReason(submit(host))),
    );
    expect(reasons.filter((reason) => reason === 'none')).toHaveLength(3);
    expect(reasons.filter((reason) => reason === 'QUESTION_LIMIT')).toHaveLength(37);
  }
});

test('an idempotency key in parallel calls submits one question, and refuses another input', async () => {
  const { submit, host } = await createClassroom(deps, 0);
  const idempotencyKey = randomUUID();
  const all = await Promise.all(Array.from({ length: 20 }, () => submit(host, { idempotencyKey })));
  for (const each of all) expect(each).toEqual(all[0]);
  await vote(deps, { questionId: all[0]?.id ?? 0, on: true }, host);
  expect(await submit(host, { idempotencyKey })).toEqual(all[0]);
  await withdrawQuestion(deps, { questionId: all[0]?.id ?? 0 }, host);
  expect(await submit(host, { idempotencyKey })).toEqual(all[0]);
  const next = randomUUID();
  await submit(host, { idempotencyKey: next });
  for (const other of [{ body: 'How?' }, { anonymous: true }]) {
    expect(await refusalReason(submit(host, { idempotencyKey: next, ...other }))).toBe(
      'IDEMPOTENCY_KEY_REUSED',
    );
  }
});

test('answering and withdrawing free a slot, and a withdrawn question cannot be answered', async () => {
  const { submit, host, tokens } = await createClassroom(deps);
  const [author = host] = tokens;
  const first = await submit(author);
  const withdrawn = await submit(author);
  await submit(author);
  const set = (questionId: number, status: 'answered') =>
    setQuestionStatus(deps, { questionId, status }, host);
  const answered = await set(first.id, 'answered');
  expect(answered).toMatchObject({ status: 'answered', answeredAt: expect.any(String) });
  expect(await set(first.id, 'answered')).toEqual(answered);
  await submit(author);
  expect(await refusalReason(submit(author))).toBe('QUESTION_LIMIT');
  await withdrawQuestion(deps, { questionId: withdrawn.id }, author);
  await withdrawQuestion(deps, { questionId: withdrawn.id }, author);
  await submit(author);
  expect(await refusalReason(submit(author))).toBe('QUESTION_LIMIT');
  expect(await refusalReason(set(withdrawn.id, 'answered'))).toBe('QUESTION_NOT_FOUND');
});

test('a change increments the sequence number and notifies once, and repeating it does neither', async () => {
  const { submit, host, session } = await createClassroom(deps);
  const { id: questionId } = await submit(host);
  const twice = async (call: () => Promise<unknown>) => {
    const [before, notified] = [await sequenceNumber(session.code), notifications];
    await call();
    await call();
    expect([await sequenceNumber(session.code), notifications]).toEqual([before + 1, notified + 1]);
  };
  await twice(() => pinQuestion(deps, { questionId, on: true }, host));
  await twice(() => vote(deps, { questionId, on: true }, host));
  await twice(() => vote(deps, { questionId, on: false }, host));
  await twice(() => setQuestionStatus(deps, { questionId, status: 'hidden' }, host));
  await twice(() => setQuestionStatus(deps, { questionId, status: 'pending' }, host));
  await twice(() => withdrawQuestion(deps, { questionId }, host));
});

test('the pages of either order list every question once, and hidden ones to the host only', async () => {
  const { submit, host, tokens, session } = await createClassroom(deps, 4);
  for (const token of tokens) {
    for (let n = 0; n < 3; n += 1) {
      const { id: questionId } = await submit(token);
      for (const voter of tokens) await vote(deps, { questionId, on: randomInt(2) === 0 }, voter);
      if (n === 0) await pinQuestion(deps, { questionId, on: true }, host);
      if (n === 2) await setQuestionStatus(deps, { questionId, status: 'hidden' }, host);
    }
  }
  for (const order of ['top', 'newest'] as const) {
    for (const [token, count] of [
      [host, 12],
      [tokens[0] ?? host, 8],
    ] as const) {
      const items = [];
      let cursor: string | null = null;
      do {
        const input = listQuestionsInput.parse({
          code: session.code,
          order,
          limit: 3,
          cursor: cursor ?? undefined,
        });
        const page = await listQuestions(deps, input, token);
        items.push(...page.items);
        cursor = page.nextCursor;
      } while (cursor !== null);
      expect(items).toHaveLength(count);
      expect(items).toEqual(
        items.toSorted((a, b) =>
          order === 'newest'
            ? b.id - a.id
            : Number(b.pinned) - Number(a.pinned) || b.votes - a.votes || a.id - b.id,
        ),
      );
    }
  }
  const hidden = { code: session.code, order: 'top', limit: 3, status: 'hidden' } as const;
  expect((await listQuestions(deps, hidden, tokens[0] ?? host)).items).toEqual([]);
});

test('the vote counts of two processes equal the rows, and the last vote of each voter counts', async () => {
  const { submit, host, tokens } = await createClassroom(deps, 25);
  const questions = [await submit(host), await submit(host), await submit(host)];
  const withdrawn = questions[2]?.id ?? 0;
  const last = new Map<string, boolean>();
  await Promise.all([
    ...tokens.map(async (token, voter) => {
      for (let n = 0; n < 60; n += 1) {
        const questionId = questions[randomInt(3)]?.id ?? 0;
        const on = randomInt(2) === 0;
        const process = randomInt(2) === 0 ? deps : otherProcess;
        const reason = await refusalReason(vote(process, { questionId, on }, token));
        expect(reason).toBe(reason === 'none' ? 'none' : 'QUESTION_NOT_FOUND');
        if (reason === 'none') last.set(`${questionId} ${voter}`, on);
      }
    }),
    new Promise((resolve) => setTimeout(resolve, 300)).then(() =>
      withdrawQuestion(deps, { questionId: withdrawn }, host),
    ),
  ]);
  const rows = await database.db
    .selectFrom('questions as question')
    .where(
      'id',
      'in',
      questions.map(({ id }) => id),
    )
    .select((eb) => [
      'id',
      'vote_count',
      eb
        .selectFrom('question_votes')
        .whereRef('question_id', '=', 'question.id')
        .select((count) => count.fn.countAll<number>().as('n'))
        .as('counted'),
    ])
    .execute();
  for (const { vote_count, counted } of rows) expect(vote_count).toBe(counted);
  expect(rows.find(({ id }) => id === withdrawn)?.vote_count).toBe(0);
  for (const { id } of questions.slice(0, 2)) {
    const expected = tokens.filter((_, voter) => last.get(`${id} ${voter}`)).length;
    expect(rows.find((row) => row.id === id)?.vote_count).toBe(expected);
  }
});

test('five hundred parallel votes for one question take two statements', async () => {
  const { submit, host, tokens } = await createClassroom(deps, 500);
  const { id: questionId } = await submit(host);
  const before = notifications;
  await Promise.all(tokens.map((token) => vote(deps, { questionId, on: true }, token)));
  expect(notifications - before).toBe(2);
  expect(await vote(deps, { questionId, on: true }, host)).toMatchObject({ votes: 501 });
});
