import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { CODE_ALPHABET } from '@classroom/schema';
import { beforeEach, expect, test } from 'vitest';
import { createTestDatabase, newCode, newSession, type TestDatabase } from '../src/testing.ts';
import { insertSession } from '../src/repositories/insert-session.ts';
import { findParticipantByToken } from '../src/repositories/session-participants.ts';
import { seedClassrooms } from './classrooms.ts';
import { devToken, devTokenHash, LESSONS } from './lessons.ts';

const run = promisify(execFile);
const PACKAGE = path.join(import.meta.dirname, '..');
const KYSELY = path.join(PACKAGE, 'node_modules/kysely-ctl/dist/bin.mjs');

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
  return () => database[Symbol.asyncDispose]();
});

/** Runs the command of `pnpm db:seed`. */
function seed(env: Record<string, string> = {}) {
  return run(process.execPath, [KYSELY, 'seed', 'run'], {
    cwd: PACKAGE,
    env: { PATH: path.dirname(process.execPath), DATABASE_URL: database.url, NODE_ENV: '', ...env },
  });
}

/** Reads the database without ids and times. */
async function contents() {
  const sessions = await database.db
    .selectFrom('sessions')
    .orderBy('code')
    .select(['code', 'title', 'status', 'change_number'])
    .execute();
  const questions = await database.db
    .selectFrom('questions')
    .orderBy('body')
    .select(['body', 'status', 'pinned', 'anonymous', 'vote_count'])
    .execute();
  const { participants } = await database.db
    .selectFrom('session_participants')
    .select(({ fn }) => fn.countAll<number>().as('participants'))
    .executeTakeFirstOrThrow();
  return { sessions, questions, participants };
}

test('the seed prints codes and tokens that work', async () => {
  const { stdout } = await seed();
  for (const { code, host, students } of LESSONS) {
    expect(stdout).toContain(code);
    expect(code).toMatch(new RegExp(`^[${CODE_ALPHABET}]{6}$`));
    for (const name of [host, ...students]) {
      expect(stdout).toContain(devToken(code, name));
      expect(devToken(code, name)).toMatch(/^[\w-]{43}$/);
      const found = await findParticipantByToken(database.db, devTokenHash(code, name));
      expect(found?.role).toBe(name === host ? 'host' : 'participant');
    }
  }
  const { sessions, questions } = await contents();
  expect(sessions.map(({ status }) => status)).toEqual(['draft', 'ended', 'active']);
  expect(questions).toContainEqual({
    body: 'Is every tree bipartite?',
    status: 'pending',
    pinned: true,
    anonymous: false,
    vote_count: 2,
  });
});

test('a second seed restores the seeded sessions and keeps the others', async () => {
  const other = newSession({ code: newCode() });
  await insertSession(database.db, other);
  await seedClassrooms(database.db);
  const first = await contents();
  await database.db.updateTable('sessions').set({ title: 'Changed' }).execute();
  await seedClassrooms(database.db);
  const expected = first.sessions.map((session) =>
    session.code === other.code ? { ...session, title: 'Changed' } : session,
  );
  expect(await contents()).toEqual({ ...first, sessions: expected });
});

test('a seed whose code belongs to another session inserts nothing', async () => {
  await insertSession(database.db, newSession({ code: 'FNDT44' }));
  await expect(seedClassrooms(database.db)).rejects.toThrow(
    'The seed could not be inserted (code-taken)',
  );
  expect((await contents()).sessions).toHaveLength(1);
});

test('the seed refuses to run in production', async () => {
  await expect(seed({ NODE_ENV: 'production' })).rejects.toThrow('NODE_ENV=production');
  expect((await contents()).sessions).toEqual([]);
});
