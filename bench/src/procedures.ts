import { createHash } from 'node:crypto';
import {
  type Database,
  type NewParticipant,
  type NewSession,
  insertParticipant,
  insertSession,
} from '@classroom/db';
import { type RandomDigits, UNIQUE_DIGITS, randomDigits } from './random-digits.ts';

/** A procedure of the API, measured beside the statement that it sends. */
export interface ProcedureBenchmark {
  name: string;
  /** The path of the procedure, such as `sessions.create`. */
  procedure: string;
  /** The head of the table. */
  title: string;
  /** A module that serves the same procedure without tRPC (`handler-server.ts`). */
  handler?: string;
  /** Inserts the rows that one round needs. */
  openRound: (db: Database) => Promise<Round>;
}

export interface Round {
  /** The input of one call. */
  input: (random: RandomDigits) => object;
  /** Sends the one statement that the API sends for such a call. */
  statement: (db: Database, random: RandomDigits) => Promise<unknown>;
}

/** Every session has a new host. */
export const createSession: ProcedureBenchmark = {
  name: 'create-session',
  procedure: 'sessions.create',
  title: '`sessions.create`',
  handler: 'handler-server.ts',
  openRound: async () => ({
    input: (random) => ({ title: 'Algebra I', hostDisplayName: random(UNIQUE_DIGITS) }),
    statement: (db, random) => insertSession(db, newSession(random)),
  }),
};

/** Every participant joins the same session under a new name. */
export const joinSession: ProcedureBenchmark = {
  name: 'join-session',
  procedure: 'sessions.join',
  title: '`sessions.join` into one session',
  async openRound(db) {
    const session = newSession(randomDigits);
    const outcome = await insertSession(db, session);
    if (outcome.kind !== 'created') throw new Error(`No session was created: ${outcome.kind}`);
    const { code } = session;
    return {
      input: (random) => ({ code, displayName: random(UNIQUE_DIGITS) }),
      async statement(db, random) {
        const { kind } = await insertParticipant(db, newParticipant(code, random));
        if (kind !== 'added') throw new Error(`No participant was added: ${kind}`);
      },
    };
  },
};

/** A session of a new host. */
export function newSession(random: RandomDigits): NewSession {
  return {
    title: 'Algebra I',
    hostDisplayName: random(UNIQUE_DIGITS),
    code: random(10),
    joining: 'open',
    moderated: false,
    sourceSessionId: null,
    hostKey: null,
    ttlSeconds: 86_400,
    tokenHash: sha256(random(UNIQUE_DIGITS)),
    idempotencyKeyHash: null,
    tokenSeed: null,
  };
}

/** A new participant of the session with this code. */
export function newParticipant(code: string, random: RandomDigits): NewParticipant {
  return {
    code,
    displayName: random(UNIQUE_DIGITS),
    callerTokenHash: null,
    // Calls pick random slots. With this many none conflict, which pgbench could not retry.
    maxParticipants: 2_000_000_000,
    tokenHash: sha256(random(UNIQUE_DIGITS)),
    idempotencyKeyHash: null,
    tokenSeed: null,
  };
}

/** Stands in for a token hash; pgbench can compute it too. */
export function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
