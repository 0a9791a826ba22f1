import { CompiledQuery, sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Database } from './database.ts';
import { insertSession } from './repositories/insert-session.ts';
import { findSessionSnapshot } from './repositories/changes.ts';
import { exportParticipants, exportQuestions } from './repositories/session-export.ts';
import {
  captureQueries,
  insertParticipants,
  insertQuestions,
  newSession,
  useTestDatabase,
} from './testing.ts';

const { db, url } = await useTestDatabase({ statementTimeoutMs: 0 });

interface Blocks {
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
}

/** Counts the blocks of tables and indexes that the queries sent by `run` read. */
async function blocksRead(run: (db: Database) => Promise<unknown>): Promise<number> {
  let blocks = 0;
  for (const { sql: text, parameters } of await captureQueries(url, run)) {
    const explain = CompiledQuery.raw(`explain (analyze, buffers, format json) ${text}`, [
      ...parameters,
    ]);
    const { rows } = await db.executeQuery<{ 'QUERY PLAN': [{ Plan: Blocks }] }>(explain);
    for (const {
      'QUERY PLAN': [{ Plan }],
    } of rows) {
      blocks += Plan['Shared Hit Blocks'] + Plan['Shared Read Blocks'];
    }
  }
  return blocks;
}

async function createSession() {
  const session = newSession();
  const outcome = await insertSession(db, session);
  if (outcome.kind !== 'created') throw new Error(outcome.kind);
  return { code: session.code, sessionId: outcome.session.id };
}

test('a snapshot reads none of a hundred thousand withdrawn questions', async () => {
  const { code, sessionId } = await createSession();
  await insertQuestions(db, { code, status: 'answered', count: 20 });
  await insertQuestions(db, { code, status: 'withdrawn', count: 100_000 });
  await sql`vacuum analyze`.execute(db);
  const caller = { participantId: 1, tokenHash: Buffer.alloc(32) };
  const call = { sessionId, ...caller, includeHidden: false, limit: 500 };
  expect(await blocksRead((each) => findSessionSnapshot(each, call))).toBeLessThan(500);
});

test('the first and the last page of an export read fewer than 1,000 blocks', async () => {
  const { code, sessionId } = await createSession();
  await insertParticipants(db, { code, count: 30_000 });
  await insertQuestions(db, { code, status: 'answered', count: 10_000 });
  await sql`vacuum analyze`.execute(db);
  const near = async (table: 'users' | 'questions') => {
    const { rows } = await sql<{ id: number }>`
      select max(id) - 150 as id from ${sql.table(table)}
    `.execute(db);
    return rows[0]?.id ?? 0;
  };
  for (const afterId of [0, await near('users')]) {
    const page = { sessionId, afterId, limit: 100 };
    expect(await blocksRead((each) => exportParticipants(each, page))).toBeLessThan(1000);
  }
  for (const afterId of [0, await near('questions')]) {
    const page = { sessionId, afterId, limit: 100 };
    expect(await blocksRead((each) => exportQuestions(each, page))).toBeLessThan(1000);
  }
});
