import type { Database } from '@classroom/db';
import { sql } from 'kysely';

/** So many that hardly a page of the table is without one, however large it is. */
const SAMPLE = 50_000;

export interface SampledSession {
  id: number;
  code: string;
}

/** @returns a function that picks one of the sessions at random */
export async function sampleSessions(db: Database): Promise<() => SampledSession> {
  const sample = await db
    .selectFrom('sessions')
    .select(['id', 'code'])
    .orderBy(sql`random()`)
    .limit(SAMPLE)
    .execute();
  return () => {
    const session = sample[Math.floor(Math.random() * sample.length)];
    if (session === undefined) throw new Error('There are no sessions to pick from');
    return session;
  };
}
