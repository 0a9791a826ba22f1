import { randomBytes } from 'node:crypto';
import { insertParticipant, type Database, insertSession, insertQuestion } from '@classroom/db';
import { drawAtRandom } from '../draw.ts';
import { newSession } from '../benchmarks/new-session.ts';
import { sha256 } from '../sha256.ts';

const VOTERS = 500;

/** Who votes on what. */
export interface Ballot {
  tokens: string[];
  questionIds: number[];
}

/** A session with so many questions, each of another author, and five hundred voters. */
export async function openBallot(db: Database, questions: number): Promise<Ballot> {
  const session = newSession(drawAtRandom);
  await insertSession(db, session);
  const { code } = session;
  const tokens = Array.from({ length: VOTERS }, () => randomBytes(32).toString('base64url'));
  for (const token of tokens) {
    await insertParticipant(db, {
      code,
      displayName: token,
      callerTokenHash: null,
      maxParticipants: VOTERS,
      tokenHash: sha256(token),
      idempotencyKeyHash: null,
      tokenSeed: null,
    });
  }
  const questionIds: number[] = [];
  for (const token of tokens.slice(0, questions)) {
    const outcome = await insertQuestion(db, {
      code,
      tokenHash: sha256(token),
      body: 'Why?',
      anonymous: false,
      idempotencyKeyHash: null,
    });
    if (outcome.kind !== 'submitted') throw new Error(`Nothing was asked: ${outcome.kind}`);
    questionIds.push(outcome.id);
  }
  return { tokens, questionIds };
}

/** The nth vote: each voter for each question in turn, then all of them off again. */
export function nthVote(
  { tokens, questionIds }: Ballot,
  n: number,
): { token: string; questionId: number; on: boolean } {
  const token = tokens[n % tokens.length];
  const turn = Math.floor(n / tokens.length) + (n % tokens.length);
  const questionId = questionIds[turn % questionIds.length];
  if (token === undefined || questionId === undefined) throw new Error('An empty ballot');
  return { token, questionId, on: Math.floor(turn / questionIds.length) % 2 === 0 };
}
