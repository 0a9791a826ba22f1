import { describeRun, startApi, startDatabase } from '../environment.ts';
import type { Behaviour } from './clients.ts';
import { measureLoad, measureWithProbes } from './measure-load.ts';
import { type ProbeResult, type Recovery, measureRecovery } from './probe.ts';
import type { Latencies, LoadResult } from './tally.ts';

const SECONDS = 7;
const WARM_UP_SECONDS = 8;
const CAPACITY = { seconds: 5, connections: 32 };

interface Row {
  /** The argument of `pnpm bench overload`. */
  name: string;
  title: string;
  /** Returns the behaviour for a measured capacity. */
  clients: (capacity: number) => Behaviour;
}

/** Open loop at a multiple of the capacity. */
function atFactor(factor: number, behaviour: Partial<Behaviour> = {}): Row['clients'] {
  return (capacity) => ({
    seconds: SECONDS,
    connections: 400,
    depth: 10,
    callsPerSecond: factor * capacity,
    ...behaviour,
  });
}

const ABORTS = { abortShare: 0.2 };

const ROWS: readonly Row[] = [
  { name: '1x', title: '1 ×', clients: atFactor(1) },
  { name: '3x', title: '3 ×', clients: atFactor(3) },
  { name: '10x', title: '10 ×', clients: atFactor(10) },
  { name: '1x-abort', title: '1 ×, 20 % aborted', clients: atFactor(1, ABORTS) },
  { name: '3x-abort', title: '3 ×, 20 % aborted', clients: atFactor(3, ABORTS) },
  { name: '10x-abort', title: '10 ×, 20 % aborted', clients: atFactor(10, ABORTS) },
  {
    name: 'retry',
    title: '300 connections that call again at once',
    clients: () => ({ seconds: SECONDS, connections: 300 }),
  },
  {
    name: '3x-pipeline',
    title: '3 ×, bursts of ten pipelined on 100 connections',
    clients: atFactor(3, { connections: 100, burst: 10 }),
  },
  { name: '3x-batch', title: '3 ×, batches of ten', clients: atFactor(3, { batch: 10 }) },
  {
    name: '3x-accept',
    title: '3 ×, `Accept: text/event-stream`',
    clients: atFactor(3, { accept: 'text/event-stream' }),
  },
];

const HEAD = [
  'clients',
  'offered/s',
  'accepted/s',
  'refused/s',
  'accepted, p50 / p99',
  'refused, p99',
  '`/livez`, p99 (failed)',
  '`/readyz`, p99 (failed)',
  'other outcomes',
  'calls afterwards',
];

/** Measures how many calls the API accepts under overload, and their latency. */
export async function overload(
  stack: AsyncDisposableStack,
  only: readonly string[],
): Promise<string[][]> {
  const rows = ROWS.filter(({ name }) => only.length === 0 || only.includes(name));
  if (rows.length === 0) {
    throw new Error(`Unknown row; use one of ${ROWS.map(({ name }) => name).join(', ')}`);
  }
  const databaseUrl = await startDatabase(stack);
  let api = await startWarm(databaseUrl, stack);
  const { acceptedPerSecond: capacity } = await measureLoad(api.url, CAPACITY);
  console.log(`overload: the capacity is ${Math.round(capacity)} calls per second`);
  const cells: string[][] = [];
  for (const { name, title, clients } of rows) {
    const { load, livez, readyz } = await measureWithProbes(api.url, clients(capacity));
    const recovery = await measureRecovery(api.url);
    cells.push(toCells(title, load, livez, readyz, recovery));
    console.log(`${name}: ${cells.at(-1)?.slice(1).join(' | ')}`);
    // A server that did not recover would distort the next rows.
    if (recovery.succeeded < recovery.calls) api = await startWarm(databaseUrl, stack);
  }
  const capacityRow = ['32 connections, closed loop', '', `${Math.round(capacity)}`];
  const measured = ['measured', await describeRun(databaseUrl)];
  return [HEAD, capacityRow, ...cells, measured].map((row) =>
    HEAD.map((_, column) => row[column] ?? ''),
  );
}

async function startWarm(databaseUrl: string, stack: AsyncDisposableStack) {
  const api = await startApi(databaseUrl, stack);
  console.log('overload: warming up …');
  await measureLoad(api.url, { ...CAPACITY, seconds: WARM_UP_SECONDS });
  return api;
}

function toCells(
  title: string,
  load: LoadResult,
  livez: ProbeResult,
  readyz: ProbeResult,
  { succeeded, calls, leftOver }: Recovery,
): string[] {
  const others = [
    ...(load.aborted > 0 ? [`${load.aborted} aborted`] : []),
    ...(load.unanswered > 0 ? [`${load.unanswered} unanswered`] : []),
    ...(load.malformed > 0 ? [`${load.malformed} malformed refusals`] : []),
    ...Object.entries(load.others).map(([status, count]) => `${count} × ${status}`),
  ];
  return [
    title,
    `${Math.round(load.offeredPerSecond)}`,
    `${Math.round(load.acceptedPerSecond)}`,
    `${Math.round(load.refusedPerSecond)}`,
    `${ms(load.accepted, 'p50')} / ${ms(load.accepted, 'p99')}`,
    ms(load.refused, 'p99'),
    ...[livez, readyz].map(
      ({ p99, failed, count }) => `${Math.round(p99)} ms (${failed} of ${count})`,
    ),
    others.join(', '),
    [`${succeeded} of ${calls}`, ...leftOver].join(', '),
  ];
}

function ms(latencies: Latencies, quantile: 'p50' | 'p99'): string {
  return Number.isNaN(latencies[quantile]) ? '–' : `${Math.round(latencies[quantile])} ms`;
}
