import type { Database } from '../src/database.ts';
import { insertParticipant } from '../src/repositories/insert-participant.ts';
import { insertSession } from '../src/repositories/insert-session.ts';
import {
  pinQuestionAsHost,
  setQuestionStatusAsHost,
} from '../src/repositories/question-moderation.ts';
import { endSessionAsHost, startSessionAsHost } from '../src/repositories/session-lifecycle.ts';
import { insertQuestion } from '../src/repositories/insert-question.ts';
import { castVotes } from '../src/repositories/votes.ts';
import { devTokenHash } from './dev-token.ts';
import type { Lesson, LessonQuestion } from './lessons.ts';

/** Long enough to come back to it the next day. */
const TTL_SECONDS = 7 * 24 * 60 * 60;
const NO_KEY = { idempotencyKeyHash: null, tokenSeed: null };

/**
 * Opens a lesson whose code is free, with all in it, as its host and its students would.
 *
 * @throws when the code is another session's, or the host has three open ones
 */
export async function openLesson(db: Database, lesson: Lesson): Promise<void> {
  const { code, title, host, status, students, questions } = lesson;
  const asHost = { code, tokenHash: devTokenHash(code, host) };
  const session = { title, hostDisplayName: host, ttlSeconds: TTL_SECONDS };
  mustBe('opened', await insertSession(db, { ...session, ...asHost, ...NO_KEY }));
  for (const displayName of students) {
    const student = { displayName, callerTokenHash: null, maxParticipants: students.length };
    const tokenHash = devTokenHash(code, displayName);
    mustBe('added', await insertParticipant(db, { code, ...student, tokenHash, ...NO_KEY }));
  }
  if (status !== 'draft') await startSessionAsHost(db, asHost);
  for (const question of questions) await askQuestion(db, lesson, question);
  if (status === 'ended') await endSessionAsHost(db, asHost);
}

async function askQuestion(
  db: Database,
  { code, host }: Lesson,
  { author, body, anonymous = false, voters = [], status, pinned = false }: LessonQuestion,
): Promise<void> {
  const question = { code, body, anonymous, idempotencyKeyHash: null };
  const tokenHash = devTokenHash(code, author);
  const outcome = mustBe('submitted', await insertQuestion(db, { ...question, tokenHash }));
  const votes = voters.map((name) => ({ tokenHash: devTokenHash(code, name), on: true }));
  await castVotes(db, outcome.id, votes);

  const call = { questionId: outcome.id, tokenHash: devTokenHash(code, host) };
  if (pinned) mustBe('changed', await pinQuestionAsHost(db, { ...call, on: true }));
  if (status !== undefined)
    mustBe('changed', await setQuestionStatusAsHost(db, { ...call, status }));
}

/** @throws when it came out otherwise */
function mustBe<Outcome extends { kind: string }, Kind extends Outcome['kind']>(
  kind: Kind,
  outcome: Outcome,
): Extract<Outcome, { kind: Kind }> {
  const isIt = (one: Outcome): one is Extract<Outcome, { kind: Kind }> => one.kind === kind;
  if (isIt(outcome)) return outcome;
  throw new Error(`The seed finds no place: ${outcome.kind}`);
}
