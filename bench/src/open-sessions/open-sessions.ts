import { createDatabase } from '@classroom/db';
import { describeRun, startDatabase } from '../environment.ts';
import type { Program } from '../program.ts';
import { createNeighbour } from './create-neighbour.ts';
import { fillSessions } from './fill-sessions.ts';
import { measureBeside } from './measure-beside.ts';
import { measureSessions } from './measure-sessions.ts';
import { measureSize } from './measure-size.ts';
import { type Step, toColumns } from './to-columns.ts';

/** Short, so that the two databases take turns often. */
const OPTIONS = { connections: 32, seconds: 0.8 };
const WARM_UP_SECONDS = 2;
const SESSIONS = [10_000, 100_000, 1_000_000];

/** One PostgreSQL with ever more open sessions in it, beside an empty database, without HTTP. */
export const openSessions: Program = {
  name: 'open-sessions',
  async run(stack) {
    const url = await startDatabase(stack);
    const emptyUrl = await createNeighbour(url);
    const open = (at: string, options: { max?: number; statementTimeoutMs?: number }) =>
      stack.use(createDatabase(at, options));
    const filled = open(url, { max: OPTIONS.connections });
    const empty = open(emptyUrl, { max: OPTIONS.connections });
    const owner = open(url, { max: 4, statementTimeoutMs: 0 });
    const emptyOwner = open(emptyUrl, { max: 4, statementTimeoutMs: 0 });

    const emptySize = await measureSize(emptyOwner);
    console.log('open-sessions: warming up …');
    await measureSessions(empty, { ...OPTIONS, seconds: WARM_UP_SECONDS });
    const steps: Step[] = [];
    for (const sessions of SESSIONS) {
      const start = performance.now();
      await fillSessions(emptyOwner, 0);
      await fillSessions(owner, sessions);
      const size = await measureSize(owner);
      const seconds = Math.round((performance.now() - start) / 1_000);
      console.log(`${sessions}: ${size.rows} rows, ${size.bytes} bytes, in ${seconds} s …`);
      steps.push({ sessions, ...size, rounds: await measureBeside(filled, empty, OPTIONS) });
      console.log(`${sessions}: measured`);
    }
    const measured = await describeRun(url);
    return [...toColumns(emptySize, steps), ['measured', measured, ...SESSIONS.map(() => '')]];
  },
};
