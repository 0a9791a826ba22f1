import { tmpdir } from 'node:os';
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { describeMachine, startApi, startDatabase } from './environment.ts';
import { openFloor } from './floor.ts';
import { type LoadResult, openLoad } from './load.ts';
import { writeTable } from './write-table.ts';

const CONNECTIONS = 32;
/** Node compiles what is hot for so long. */
const WARM_UP_SECONDS = 20;
const SECONDS = 10;
const ROUNDS = 5;

await using stack = new AsyncDisposableStack();
const directory = await mkdtemp(path.join(tmpdir(), 'classroom-bench-'));
stack.defer(() => rm(directory, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stack.disposeAsync().finally(() => process.exit(1)));
}
const databaseUrl = await startDatabase(stack);
const url = await startApi(databaseUrl, stack);
const floor = await openFloor(databaseUrl, directory);
const load = await openLoad(directory);
const options = { connections: CONNECTIONS, seconds: SECONDS };

console.log('Warming up …');
await load.measure(url, { ...options, seconds: WARM_UP_SECONDS });

// Turn by turn, so that what else the machine does falls on both.
const floors: number[] = [];
const results: LoadResult[] = [];
for (let round = 1; round <= ROUNDS; round += 1) {
  const perSecond = await floor.measure(options);
  const result = await load.measure(url, options);
  floors.push(perSecond);
  results.push(result);
  console.log(
    `${round} of ${ROUNDS}: floor ${Math.round(perSecond)}/s, API ${Math.round(result.perSecond)}/s, ratio ${(result.perSecond / perSecond).toFixed(2)}`,
  );
}

const floorPerSecond = median(floors);
const perSecond = median(results.map((result) => result.perSecond));
await writeTable('create-session', [
  ['`sessions.create`, one API process, 32 connections', 'figure'],
  [`over HTTP, by ${load.by}`, `${Math.round(perSecond)} per second`],
  [
    'latency p50 / p99',
    `${median(results.map((result) => result.p50))} ms / ${median(results.map((result) => result.p99))} ms`,
  ],
  [`floor: ${floor.by}, the same statement`, `${Math.round(floorPerSecond)} per second`],
  ['ratio to the floor', (perSecond / floorPerSecond).toFixed(2)],
  ['measured', `${new Date().toISOString().slice(0, 10)}, ${await describeMachine(databaseUrl)}`],
]);

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
