import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDatabase, insertSession, type Tables } from '@classroom/db';
import { Kysely, PostgresDialect } from 'kysely';
import { Pool, types } from 'pg';
import { createSession } from '../benchmarks/create-session.ts';
import { newSession } from '../benchmarks/new-session.ts';
import { drawAtRandom } from '../draw.ts';
import { describeRun, startDatabase } from '../environment.ts';
import { openFloor } from '../floor/open-floor.ts';
import { median } from '../median.ts';
import type { Program } from '../program.ts';
import { createInTransaction } from './create-in-transaction.ts';
import { perSecond } from '../per-second.ts';

const OPTIONS = { connections: 32, seconds: 6 };
const ROUNDS = 3;

/** The same create in other ways, in one run on one PostgreSQL, without HTTP. */
export const peers: Program = {
  name: 'peers',
  async run(stack) {
    const directory = await mkdtemp(path.join(tmpdir(), 'classroom-bench-'));
    stack.defer(() => rm(directory, { recursive: true, force: true }));
    const url = await startDatabase(stack);
    const ours = stack.use(createDatabase(url, { max: OPTIONS.connections }));
    const plain = stack.use(openPlain(url));
    const floor = await openFloor(url, directory);
    const ways: [string, () => Promise<number>][] = [
      [
        `floor: ${floor.by}, our statement`,
        async () => floor.measure(await createSession.openRound(ours), OPTIONS),
      ],
      [
        'one statement, built and prepared once',
        () => perSecond(() => insertSession(ours, newSession(drawAtRandom)), OPTIONS),
      ],
      [
        'four statements in a transaction, built each time, unnamed',
        () => perSecond(() => createInTransaction(plain), OPTIONS),
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
    const [, floorRate = Number.NaN] = medians[0] ?? [];
    const measured = await describeRun(url);
    return [
      ['creating a session, 32 connections, without HTTP', 'per second', 'ratio to the floor'],
      ...medians.map(([way, rate]) => [way, `${Math.round(rate)}`, (rate / floorRate).toFixed(2)]),
      ['measured', measured, ''],
    ];
  },
};

/** Kysely on pg as they come. */
function openPlain(url: string): Kysely<Tables> {
  types.setTypeParser(types.builtins.INT8, Number);
  const pool = new Pool({ connectionString: url, max: OPTIONS.connections });
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}
