import { insertParticipants, insertQuestions, useTestDatabase } from '@classroom/db/testing';
import { exportedSession } from '@classroom/schema';
import { expect, test } from 'vitest';
import { createClassroom, refusalReason } from '../../testing/classroom.ts';
import { removeParticipant } from '../participants/remove.ts';
import { setQuestionStatus } from '../questions/moderate.ts';
import { exportSession } from './export.ts';

const { db } = await useTestDatabase();
const deps = { db, notifyChanged: () => {} };

test('an export of many pages contains each participant and each question once', async () => {
  const { session, host, tokens, submit } = await createClassroom(deps, 3);
  const { code } = session;
  const [ben = host] = tokens;
  const named = await submit(ben, { body: 'Named?' });
  const anonymous = await submit(ben, { body: 'Anonymous?', anonymous: true });
  await setQuestionStatus(deps, { questionId: anonymous.id, status: 'hidden' }, host);
  await insertParticipants(db, { code, count: 2_500 });
  await insertQuestions(db, { code, status: 'withdrawn', count: 100 });
  await insertQuestions(db, { code, status: 'answered', count: 2_500 });
  const before = await exportSession(deps, { code }, host);
  for (const [index, block] of [
    [2, false],
    [3, true],
  ] as const) {
    const participantId = before.participants[index]?.id ?? 0;
    await removeParticipant(deps, { code, participantId, block }, host);
  }

  const exported = exportedSession.parse(await exportSession(deps, { code }, host));
  const ids = exported.participants.map(({ id }) => id);
  expect(before.participants).toHaveLength(2_504);
  expect(ids).toHaveLength(2_502);
  expect(new Set(ids).size).toBe(2_502);
  expect(exported.participants[0]).toMatchObject({ role: 'host' });
  const joined = exported.participants.map(({ joinedAt }) => joinedAt);
  expect(joined).toEqual(joined.toSorted());

  const questionIds = exported.questions.map(({ id }) => id);
  expect(questionIds).toHaveLength(2_502);
  expect(questionIds).toEqual([...new Set(questionIds)].toSorted((a, b) => a - b));
  expect(exported.questions[0]).toMatchObject({ id: named.id, author: named.author });
  expect(exported.questions[1]).toMatchObject({ status: 'hidden', author: null });
});

test('an export is refused to other participants with FORBIDDEN', async () => {
  const { session, tokens } = await createClassroom(deps);
  for (const token of tokens) {
    expect(await refusalReason(exportSession(deps, session, token))).toBe('FORBIDDEN');
  }
});
