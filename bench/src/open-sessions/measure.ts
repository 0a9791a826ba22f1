import {
  type Database,
  countOpenSessions,
  findSequenceNumbers,
  findSessionByCode,
  insertParticipant,
  insertSession,
  sweepExpiredSessions,
} from '@classroom/db';
import { sql } from 'kysely';
import { newParticipant, newSession } from '../procedures.ts';
import { randomDigits } from '../random-digits.ts';
import { type RoundOptions, callsPerSecond, median } from '../statistics.ts';

/** The limits that the API passes. */
const SWEEP_BATCH = 500;
const COUNT_LIMIT = 100_000;

const SUBSCRIBED_SESSIONS = 1_000;
const TIMED_CALLS = 20;
/** Large enough to touch nearly every page of the table at any size. */
const SAMPLE_SIZE = 50_000;

export interface Speed {
  createsPerSecond: number;
  joinsPerSecond: number;
  findsPerSecond: number;
  sweepMs: number;
  countMs: number;
  sequenceNumbersMs: number;
}

/** Measures the speed of each statement. The sessions that it creates stay and are joined too. */
export async function measureSpeed(db: Database, options: RoundOptions): Promise<Speed> {
  const sweepMs = await medianMs(() => sweepExpiredSessions(db, SWEEP_BATCH));
  const countMs = await medianMs(() => countOpenSessions(db, COUNT_LIMIT));
  const createsPerSecond = await callsPerSecond(async () => {
    const { kind } = await insertSession(db, newSession(randomDigits));
    if (kind !== 'created') throw new Error(`No session was created: ${kind}`);
  }, options);

  const pick = await sampleSessions(db);
  const joinsPerSecond = await callsPerSecond(async () => {
    const { kind } = await insertParticipant(db, newParticipant(pick().code, randomDigits));
    if (kind !== 'added') throw new Error(`No participant was added: ${kind}`);
  }, options);
  const findsPerSecond = await callsPerSecond(async () => {
    if ((await findSessionByCode(db, pick().code)) === undefined) throw new Error('No session');
  }, options);
  const sequenceNumbersMs = await medianMs(() =>
    findSequenceNumbers(
      db,
      Array.from({ length: SUBSCRIBED_SESSIONS }, () => pick().id),
    ),
  );
  return { createsPerSecond, joinsPerSecond, findsPerSecond, sweepMs, countMs, sequenceNumbersMs };
}

/** Returns a function that picks one of the sessions at random. */
async function sampleSessions(db: Database): Promise<() => { id: number; code: string }> {
  const sample = await db
    .selectFrom('sessions')
    .select(['id', 'code'])
    .orderBy(sql`random()`)
    .limit(SAMPLE_SIZE)
    .execute();
  return () => {
    const session = sample[Math.floor(Math.random() * sample.length)];
    if (session === undefined) throw new Error('The database has no sessions');
    return session;
  };
}

/** Returns the median duration of twenty calls, one after another. */
async function medianMs(run: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let call = 0; call < TIMED_CALLS; call += 1) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  return median(times);
}

export interface Size {
  /** Rows of all tables. */
  rows: number;
  /** On disk, with indexes and the system catalogs, without the WAL. */
  bytes: number;
}

export async function measureSize(db: Database): Promise<Size> {
  const result = await sql<Size>`
    select
      (select count(*) from users) + (select count(*) from sessions)
        + (select count(*) from session_participants) + (select count(*) from questions) as rows,
      pg_database_size(current_database()) as bytes
  `.execute(db);
  const [size] = result.rows;
  if (size === undefined) throw new Error('measureSize: a select from one row returned none');
  return size;
}
