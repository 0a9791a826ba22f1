import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Database, type Tables, createDatabase, insertSession } from '@classroom/db';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { Pool, types } from 'pg';
import { openBaseline } from './baseline.ts';
import { describeRun, startDatabase } from './environment.ts';
import { createSession, newSession } from './procedures.ts';
import { randomDigits } from './random-digits.ts';
import { callsPerSecond, median } from './statistics.ts';

const OPTIONS = { connections: 32, seconds: 6 };
const ROUNDS = 3;
const SESSION_LIMIT = 3;

/** Compares ways to create a session, in one run on one PostgreSQL, without HTTP. */
export async function peers(stack: AsyncDisposableStack): Promise<string[][]> {
  const directory = await mkdtemp(path.join(tmpdir(), 'classroom-bench-'));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const url = await startDatabase(stack);
  const ours = stack.use(createDatabase(url, { max: OPTIONS.connections }));
  const plain = stack.use(openPlainKysely(url));
  const baseline = await openBaseline(url, directory);
  const ways: [string, () => Promise<number>][] = [
    [
      `baseline: ${baseline.name}, our statement`,
      async () => baseline.measure(await createSession.openRound(ours), OPTIONS),
    ],
    [
      'one statement, built and prepared once',
      () => callsPerSecond(() => insertSession(ours, newSession(randomDigits)), OPTIONS),
    ],
    [
      'four statements in a transaction, built each time, unnamed',
      () => callsPerSecond(() => createInTransaction(plain), OPTIONS),
    ],
  ];
  const rates = new Map<string, number[]>(ways.map(([way]) => [way, []]));
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const [way, measure] of ways) {
      const rate = await measure();
      rates.get(way)?.push(rate);
      console.log(`${round} of ${ROUNDS}: ${way}: ${Math.round(rate)}/s`);
    }
  }
  const medians = [...rates].map(([way, all]): [string, number] => [way, median(all)]);
  const [, baselineRate = Number.NaN] = medians[0] ?? [];
  return [
    ['creating a session, 32 connections, without HTTP', 'per second', 'ratio to the baseline'],
    ...medians.map(([way, rate]) => [way, `${Math.round(rate)}`, (rate / baselineRate).toFixed(2)]),
    ['measured', await describeRun(url)],
  ];
}

function openPlainKysely(url: string): Kysely<Tables> {
  types.setTypeParser(types.builtins.INT8, Number);
  const pool = new Pool({ connectionString: url, max: OPTIONS.connections });
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}

/**
 * Creates a session in the usual way with these libraries. It only serves as a comparison of speed:
 * parallel calls can exceed the limit, because each counts before the others insert.
 */
async function createInTransaction(db: Database): Promise<void> {
  const session = newSession(randomDigits);
  await db.transaction().execute(async (transaction) => {
    const host = await insertUser(transaction, session.hostDisplayName);
    const { open } = await transaction
      .selectFrom('sessions')
      .where('host_user_id', '=', host.id)
      .where('status', '<>', 'ended')
      .select(({ fn }) => fn.countAll<number>().as('open'))
      .executeTakeFirstOrThrow();
    if (open >= SESSION_LIMIT) throw new Error('The host has reached the session limit');
    const { id } = await transaction
      .insertInto('sessions')
      .values({
        host_user_id: host.id,
        host_slot: open + 1,
        code: session.code,
        title: session.title,
        expires_at: sql<Date>`now() + interval '1 day'`,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await transaction
      .insertInto('session_participants')
      .values({ session_id: id, user_id: host.id, role: 'host', token_hash: session.tokenHash })
      .execute();
  });
}

async function insertUser(db: Database, displayName: string): Promise<{ id: number }> {
  return await db
    .insertInto('users')
    .values({ display_name: displayName })
    .onConflict((conflict) =>
      conflict.column('display_name').doUpdateSet({ display_name: displayName }),
    )
    .returning('id')
    .executeTakeFirstOrThrow();
}
