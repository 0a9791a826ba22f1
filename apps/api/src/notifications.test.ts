import { expireSessions, newCode, useTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { removeParticipant } from './features/participants/remove.ts';
import { pinQuestion, setQuestionStatus } from './features/questions/moderate.ts';
import { createVoteBatcher } from './features/questions/vote-batcher.ts';
import { vote } from './features/questions/vote.ts';
import { withdrawQuestion } from './features/questions/withdraw.ts';
import { createSession } from './features/sessions/create.ts';
import { deleteSession, endSession, startSession } from './features/sessions/lifecycle.ts';
import { createClassroom } from './testing/classroom.ts';

const { db } = await useTestDatabase();
const notified: number[] = [];
const notifyChanged = (sessionId: number) => void notified.push(sessionId);
const deps = { db, notifyChanged, castVote: createVoteBatcher({ db, notifyChanged }) };

/** Opens a session with one student, who has submitted one question. */
async function openClassroom() {
  const { session, host, tokens, submit } = await createClassroom(deps);
  const [student = host] = tokens;
  const { id: questionId } = await submit(student);
  const { sessionId, participantId } = await db
    .selectFrom('session_participants')
    .where('token_hash', '=', student)
    .select(['session_id as sessionId', 'id as participantId'])
    .executeTakeFirstOrThrow();
  return { code: session.code, sessionId, host, student, submit, questionId, participantId };
}

type Classroom = Awaited<ReturnType<typeof openClassroom>>;

const changes: [string, (classroom: Classroom) => Promise<unknown>][] = [
  ['a submitted question', ({ submit, student }) => submit(student)],
  ['a vote', ({ questionId, student }) => vote(deps, { questionId, on: true }, student)],
  ['a withdrawal', ({ questionId, student }) => withdrawQuestion(deps, { questionId }, student)],
  [
    'a status',
    ({ questionId, host }) => setQuestionStatus(deps, { questionId, status: 'hidden' }, host),
  ],
  ['a pin', ({ questionId, host }) => pinQuestion(deps, { questionId, on: true }, host)],
  [
    'a removal',
    ({ code, participantId, host }) =>
      removeParticipant(deps, { code, participantId, block: false }, host),
  ],
  ['a start', ({ code, host }) => startSession(deps, { code }, host)],
  ['an end', ({ code, host }) => endSession(deps, { code }, host)],
];

test.each(changes)('%s notifies the subscribers of its session once', async (_, change) => {
  const classroom = await openClassroom();
  notified.length = 0;
  await change(classroom);
  expect(notified).toEqual([classroom.sessionId]);
});

test('a deletion notifies the subscribers of its session', async () => {
  const { code, sessionId, host } = await openClassroom();
  notified.length = 0;
  await deleteSession(deps, { code }, host);
  expect(notified).toContain(sessionId);
});

test('a creation that ends expired sessions notifies their subscribers', async () => {
  const app = { ...deps, generateJoinCode: newCode, sessionTtlSeconds: 3600 };
  const input = { title: 'Algebra I', hostDisplayName: 'Ada' };
  const expired = [];
  for (let n = 0; n < 3; n += 1) expired.push((await createSession(app, input)).id);
  await expireSessions(db, 'Ada');
  notified.length = 0;
  await createSession(app, input);
  expect(notified.toSorted((a, b) => a - b)).toEqual(expired);
});
