import { createDatabase, migrateToLatest } from '@classroom/db';
import { sql } from 'kysely';
import { describeRun, startDatabase } from '../environment.ts';
import { median } from '../statistics.ts';
import { fillSessions } from './fill.ts';
import { type Size, type Speed, measureSize, measureSpeed } from './measure.ts';

/** Short, so that the two databases alternate often. */
const OPTIONS = { connections: 32, seconds: 0.8 };
const WARM_UP_SECONDS = 2;
const ROUNDS = 5;
const SESSIONS = [10_000, 100_000, 1_000_000];
const EMPTY_DATABASE = 'empty';

/** Measurements at one number of open sessions, in turn with an empty database. */
interface Step extends Size {
  sessions: number;
  rounds: { filled: Speed; empty: Speed }[];
}

/** Measures one PostgreSQL with a growing number of open sessions beside an empty database, without HTTP. */
export async function openSessions(stack: AsyncDisposableStack): Promise<string[][]> {
  const url = await startDatabase(stack);
  const emptyUrl = await createEmptyDatabase(url);
  const open = (at: string, options: { max?: number; statementTimeoutMs?: number }) =>
    stack.use(createDatabase(at, options));
  const filled = open(url, { max: OPTIONS.connections });
  const empty = open(emptyUrl, { max: OPTIONS.connections });
  const owner = open(url, { max: 4, statementTimeoutMs: 0 });
  const emptyOwner = open(emptyUrl, { max: 4, statementTimeoutMs: 0 });

  const emptySize = await measureSize(emptyOwner);
  console.log('open-sessions: warming up …');
  await measureSpeed(empty, { ...OPTIONS, seconds: WARM_UP_SECONDS });
  const steps: Step[] = [];
  for (const sessions of SESSIONS) {
    const start = performance.now();
    await fillSessions(emptyOwner, 0);
    await fillSessions(owner, sessions);
    const size = await measureSize(owner);
    const seconds = Math.round((performance.now() - start) / 1_000);
    console.log(`${sessions}: ${size.rows} rows, ${size.bytes} bytes, in ${seconds} s …`);
    const step: Step = { sessions, ...size, rounds: [] };
    for (let round = 1; round <= ROUNDS; round += 1) {
      step.rounds.push({
        filled: await measureSpeed(filled, OPTIONS),
        empty: await measureSpeed(empty, OPTIONS),
      });
    }
    steps.push(step);
  }
  return [...toRows(emptySize, steps), ['measured', await describeRun(url)]];
}

/** Creates another migrated database on the same server, and returns its URL. */
async function createEmptyDatabase(url: string): Promise<string> {
  await using db = createDatabase(url, { statementTimeoutMs: 0 });
  await sql`create database ${sql.id(EMPTY_DATABASE)}`.execute(db);
  const { href } = Object.assign(new URL(url), { pathname: EMPTY_DATABASE });
  await using empty = createDatabase(href, { statementTimeoutMs: 0 });
  await migrateToLatest(empty);
  return href;
}

/** Returns a column for the empty database, and one for each step. */
function toRows(emptySize: Size, steps: readonly Step[]): string[][] {
  const row = (label: string, first: string, cell: (step: Step) => string) => [
    label,
    first,
    ...steps.map(cell),
  ];
  const ofEmpty = (figure: (speed: Speed) => number) =>
    median(steps.flatMap(({ rounds }) => rounds.map(({ empty }) => figure(empty))));
  const rate = (label: string, figure: (speed: Speed) => number) =>
    row(label, perSecond(ofEmpty(figure)), ({ rounds }) => {
      const ratio = median(rounds.map(({ filled, empty }) => figure(filled) / figure(empty)));
      return `${perSecond(median(rounds.map(({ filled }) => figure(filled))))} (${ratio.toFixed(2)})`;
    });
  const time = (label: string, figure: (speed: Speed) => number) =>
    row(label, ms(ofEmpty(figure)), ({ rounds }) =>
      ms(median(rounds.map(({ filled }) => figure(filled)))),
    );
  return [
    row('open sessions', '0', ({ sessions }) => sessions.toLocaleString('en')),
    row('rows in all tables', '0', ({ rows }) => rows.toLocaleString('en')),
    rate('creating a session', (speed) => speed.createsPerSecond),
    rate('joining a random session', (speed) => speed.joinsPerSecond),
    rate('finding a random session by its code', (speed) => speed.findsPerSecond),
    time('a sweep that finds no expired session', (speed) => speed.sweepMs),
    time('counting for `/metrics`, up to 100,000', (speed) => speed.countMs),
    time('the sequence numbers of 1,000 sessions', (speed) => speed.sequenceNumbersMs),
    row('database on disk', mib(emptySize.bytes), ({ bytes }) => mib(bytes)),
    row('of that per session', '', ({ sessions, bytes }) => {
      return `${Math.round((bytes - emptySize.bytes) / sessions)} bytes`;
    }),
  ];
}

const perSecond = (rate: number) => `${Math.round(rate)} per second`;
const ms = (time: number) => `${time.toFixed(1)} ms`;
const mib = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
