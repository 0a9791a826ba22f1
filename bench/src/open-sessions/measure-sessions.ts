import {
  insertParticipant,
  countOpenSessions,
  type Database,
  findSequenceNumbers,
  findSessionByCode,
  insertSession,
  sweepExpiredSessions,
} from '@classroom/db';
import type { RoundOptions } from '../benchmark.ts';
import { newParticipant } from '../benchmarks/new-participant.ts';
import { newSession } from '../benchmarks/new-session.ts';
import { drawAtRandom } from '../draw.ts';
import { perSecond } from '../per-second.ts';
import { medianMs } from './median-ms.ts';
import { sampleSessions } from './sample-sessions.ts';

/** As the API calls them. */
const SWEEP_BATCH = 500;
const COUNT_AT_MOST = 100_000;

const SESSIONS_LISTENED_TO = 1_000;

export interface Speed {
  createsPerSecond: number;
  joinsPerSecond: number;
  findsPerSecond: number;
  sweepMs: number;
  countMs: number;
  changeNumbersMs: number;
}

/** How fast a database is that has some sessions in it. Sessions are created first, and stay. */
export async function measureSessions(db: Database, options: RoundOptions): Promise<Speed> {
  const sweepMs = await medianMs(() => sweepExpiredSessions(db, SWEEP_BATCH));
  const countMs = await medianMs(() => countOpenSessions(db, COUNT_AT_MOST));
  const create = async () => {
    const { kind } = await insertSession(db, newSession(drawAtRandom));
    if (kind !== 'created') throw new Error(`Nothing was opened: ${kind}`);
  };
  const createsPerSecond = await perSecond(create, options);

  const pick = await sampleSessions(db);
  const join = async () => {
    const { kind } = await insertParticipant(db, newParticipant(pick().code, drawAtRandom));
    if (kind !== 'added') throw new Error(`Nobody was added: ${kind}`);
  };
  const joinsPerSecond = await perSecond(join, options);
  const find = async () => {
    if ((await findSessionByCode(db, pick().code)) === undefined) throw new Error('Nothing found');
  };
  const findsPerSecond = await perSecond(find, options);
  const changeNumbersMs = await medianMs(() =>
    findSequenceNumbers(
      db,
      Array.from({ length: SESSIONS_LISTENED_TO }, () => pick().id),
    ),
  );
  return { createsPerSecond, joinsPerSecond, findsPerSecond, sweepMs, countMs, changeNumbersMs };
}
