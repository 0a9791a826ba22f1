import type { Database } from '../src/database.ts';
import { migrateToLatest } from '../src/migrate.ts';
import { insertParticipant } from '../src/repositories/insert-participant.ts';
import { insertQuestion } from '../src/repositories/insert-question.ts';
import { insertSession } from '../src/repositories/insert-session.ts';
import {
  pinQuestionAsModerator,
  setQuestionStatusAsModerator,
} from '../src/repositories/question-moderation.ts';
import { deleteSession, lockSessionAsHost } from '../src/repositories/session-deletion.ts';
import { endSessionAsHost, startSessionAsHost } from '../src/repositories/session-lifecycle.ts';
import { castVotes } from '../src/repositories/votes.ts';
import { devToken, devTokenHash, type Lesson, type LessonQuestion, LESSONS } from './lessons.ts';

const TTL_SECONDS = 7 * 24 * 60 * 60;
const NO_KEY = { idempotencyKeyHash: null, tokenSeed: null };

/**
 * Inserts the lessons in one transaction, replaces those of an earlier run, and prints their codes
 * and tokens. It changes no other session.
 */
export async function seedClassrooms(db: Database): Promise<void> {
  await migrateToLatest(db);
  await db.transaction().execute(async (transaction) => {
    for (const lesson of LESSONS) {
      const earlier = await lockSessionAsHost(transaction, {
        code: lesson.code,
        tokenHash: devTokenHash(lesson.code, lesson.host),
      });
      if (earlier.kind === 'locked') await deleteSession(transaction, earlier.sessionId);
      await insertLesson(transaction, lesson);
    }
  });
  console.log(LESSONS.map(describe).join('\n\n'));
}

function describe({ code, title, status, host, students }: Lesson): string {
  const width = Math.max(...[host, ...students].map(({ length }) => length));
  const tokens = [host, ...students].map(
    (name) => `  ${name.padEnd(width)}  ${devToken(code, name)}`,
  );
  return [`${code}  ${title} (${status})`, ...tokens].join('\n');
}

/**
 * Creates a session with participants, questions and votes through the repositories.
 *
 * @throws when another session has the code, or the host has three open sessions
 */
async function insertLesson(db: Database, lesson: Lesson): Promise<void> {
  const { code, title, host, status, students, questions } = lesson;
  const asHost = { code, tokenHash: devTokenHash(code, host) };
  const session = {
    title,
    hostDisplayName: host,
    joining: 'open',
    moderated: false,
    sourceSessionId: null,
    hostKey: null,
    ttlSeconds: TTL_SECONDS,
  } as const;
  mustBe('created', await insertSession(db, { ...session, ...asHost, ...NO_KEY }));
  for (const displayName of students) {
    const student = { displayName, callerTokenHash: null, maxParticipants: students.length };
    const tokenHash = devTokenHash(code, displayName);
    mustBe('added', await insertParticipant(db, { code, ...student, tokenHash, ...NO_KEY }));
  }
  if (status !== 'draft') await startSessionAsHost(db, asHost);
  for (const question of questions) await insertLessonQuestion(db, lesson, question);
  if (status === 'ended') await endSessionAsHost(db, asHost);
}

async function insertLessonQuestion(
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
  if (pinned) mustBe('changed', await pinQuestionAsModerator(db, { ...call, on: true }));
  if (status !== undefined)
    mustBe('changed', await setQuestionStatusAsModerator(db, { ...call, status }));
}

/** @throws when the outcome is of another kind */
function mustBe<Outcome extends { kind: string }, Kind extends Outcome['kind']>(
  kind: Kind,
  outcome: Outcome,
): Extract<Outcome, { kind: Kind }> {
  const isExpected = (one: Outcome): one is Extract<Outcome, { kind: Kind }> => one.kind === kind;
  if (isExpected(outcome)) return outcome;
  throw new Error(`The seed could not be inserted (${outcome.kind}); nothing was changed`);
}
