import { createDatabase, endSessionAsHost, insertSession } from '@classroom/db';
import {
  SLOW_MACHINE_TIMEOUTS,
  ageSession,
  insertParticipants,
  insertQuestions,
  insertVotes,
  lockQuestions,
  newSession,
  refuseDeletion,
  useTestDatabase,
} from '@classroom/db/testing';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { createPurge } from './purge.ts';

const database = await useTestDatabase({ max: 20 });
const { db } = database;
/** Another process whose statements time out on a locked row, and elsewhere not even when it is slow. */
const impatient = createDatabase(database.url, {
  ...SLOW_MACHINE_TIMEOUTS,
  statementTimeoutMs: 5_000,
});
afterAll(() => impatient.destroy());

/** The ids of the sessions whose deletion failed, in order. */
let failed: number[] = [];
beforeEach(() => {
  failed = [];
});

const purgeOf = (overrides: Partial<Parameters<typeof createPurge>[0]> = {}) =>
  createPurge({ db, retentionDays: 30, onError: (_, id) => failed.push(id), ...overrides });

async function sweep(purge: () => Promise<boolean>): Promise<void> {
  while (await purge());
}

/** Creates a session that ended `days` ago, with participants, questions and votes. */
async function createEnded(days: number, questions = 1) {
  const session = newSession();
  const created = await insertSession(db, session);
  if (created.kind !== 'created') throw new Error(created.kind);
  const { code } = session;
  await insertParticipants(db, { code, count: 2 });
  await insertQuestions(db, { code, status: 'answered', count: questions });
  await insertVotes(db, code);
  await endSessionAsHost(db, session);
  await ageSession(db, code, days);
  return { ...session, id: created.session.id };
}

const left = async (ids: number[]) =>
  (await db.selectFrom('sessions').where('id', 'in', ids).select('id').execute()).map(
    ({ id }) => id,
  );
const questionsOf = async (id: number) =>
  (await db.selectFrom('questions').where('session_id', '=', id).select('id').execute()).length;
const usersOf = async (code: string) =>
  (await db.selectFrom('users').where('display_name', 'like', `${code} %`).select('id').execute())
    .length;

test('a session past its retention is deleted with its users, a recent one stays', async () => {
  const old = await createEnded(31);
  const recent = await createEnded(29);
  await sweep(purgeOf());
  expect(await left([old.id, recent.id])).toEqual([recent.id]);
  expect([await usersOf(old.code), await usersOf(recent.code)]).toEqual([0, 2]);
  expect(await purgeOf()()).toBe(false);
});

test('each chunk is committed, and another process continues after it', async () => {
  const { id } = await createEnded(31, 5000);
  const purge = purgeOf();
  await purge();
  const remaining = await questionsOf(id);
  expect(remaining).toBeGreaterThan(0);
  expect(remaining).toBeLessThan(5000);
  await sweep(purgeOf());
  expect(await left([id])).toEqual([]);
});

test('four parallel purges delete every session without a failure', async () => {
  const sessions = [];
  for (let n = 0; n < 20; n += 1) sessions.push(await createEnded(31 + n, 700));
  await Promise.all(Array.from({ length: 4 }, () => sweep(purgeOf())));
  await sweep(purgeOf());
  expect(await left(sessions.map(({ id }) => id))).toEqual([]);
  expect(failed).toEqual([]);
});

test('a session that cannot be deleted is reported once and does not stop the purge of others', async () => {
  const first = await createEnded(40);
  const others = [await createEnded(35), await createEnded(34)];
  const accept = await refuseDeletion(db, first.code);
  const purge = purgeOf();
  await sweep(purge);
  expect(await left([first, ...others].map(({ id }) => id))).toEqual([first.id]);
  const later = await createEnded(33);
  await sweep(purge);
  expect(await left([later.id])).toEqual([]);
  expect(failed).toEqual([first.id]);

  await accept();
  await sweep(purgeOf());
  expect(await left([first.id])).toEqual([]);
});

test('a failed deletion is retried after the pause', async () => {
  const { id, code } = await createEnded(40);
  const accept = await refuseDeletion(db, code);
  const purge = purgeOf({ retryAfterMs: 1 });
  while (failed.length === 0) await purge();
  await accept();
  await expect.poll(async () => ((await purge()) ? 'more' : await left([id]))).toEqual([]);
  expect(new Set(failed)).toEqual(new Set([id]));
});

test('locked rows delay the deletion of their own session only', async () => {
  const held = await createEnded(40);
  const other = await createEnded(35);
  const release = await lockQuestions(db, held.code);
  await sweep(purgeOf({ db: impatient }));
  expect(await left([held.id, other.id])).toEqual([held.id]);
  expect(failed).toEqual([held.id]);
  await release();
  await sweep(purgeOf());
  expect(await left([held.id])).toEqual([]);
});
