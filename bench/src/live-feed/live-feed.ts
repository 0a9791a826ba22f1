import { describeRun, startApi, startDatabase } from '../environment.ts';
import { type FeedResult, measureFeeds } from './measure-feeds.ts';
import { openClassroom } from './open-classroom.ts';
import { startBaseline } from './start-baseline.ts';

const LISTENERS = [1_000, 5_000, 10_000];
/** Enough for all listeners. */
const LIMITS = { MAX_PARTICIPANTS: '20000', MAX_LISTENERS: '20000' };

const HEAD = [
  'listeners of one session',
  'opened in',
  'acknowledgement to arrival, p50 / p99',
  'sending to arrival, p99',
  'arrived',
  'CPU per delivery',
  'memory each',
  'reads per change',
  'p99 ÷ baseline’s',
];

const TARGET = ['target', '', '', '', '100 %', '≤ 25 µs', '≤ 40 KiB', '1', '≤ 3'];

/** Measures how long a vote takes to reach its listeners, and the CPU and memory of each listener. */
export async function liveFeed(
  stack: AsyncDisposableStack,
  only: readonly string[],
): Promise<string[][]> {
  const databaseUrl = await startDatabase(stack);
  const rows: string[][] = [];
  for (const count of only.length === 0 ? LISTENERS : only.map(Number)) {
    const [api, baseline] = await measureBoth(databaseUrl, count);
    if (api === undefined || baseline === undefined) throw new Error('A feed was not measured');
    const ratio = (api.p99 / baseline.p99).toFixed(1);
    rows.push([`${count}`, ...toCells(api), api.readsPerChange.toFixed(2), ratio]);
    rows.push([`${count}, baseline`, ...toCells(baseline), '', '']);
    for (const row of rows.slice(-2)) console.log(`live-feed: ${row.join(' | ')}`);
  }
  return [HEAD, ...rows, TARGET, ['measured', await describeRun(databaseUrl)]].map((row) =>
    HEAD.map((_, column) => row[column] ?? ''),
  );
}

/** Starts new processes for each size: a process would reuse memory that it has freed. */
async function measureBoth(databaseUrl: string, count: number): Promise<FeedResult[]> {
  await using stack = new AsyncDisposableStack();
  const api = await startApi(databaseUrl, stack, LIMITS);
  console.log(`live-feed: ${count} participants are joining …`);
  const classroom = await openClassroom(api, count);
  const baseline = await startBaseline(classroom.event, stack);
  return await measureFeeds([classroom, baseline], classroom.tokens);
}

function toCells(result: FeedResult): string[] {
  const refused = result.refused > 0 ? `, ${result.refused} votes refused` : '';
  return [
    `${result.openSeconds.toFixed(1)} s`,
    `${Math.round(result.p50)} ms / ${Math.round(result.p99)} ms`,
    `${Math.round(result.p99FromSending)} ms`,
    `${(result.arrived * 100).toFixed(1)} %${refused}`,
    `${result.cpuMicrosecondsPerDelivery.toFixed(1)} µs`,
    `${Math.round(result.rssKibPerListener)} KiB`,
  ];
}
