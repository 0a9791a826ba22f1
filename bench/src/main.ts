import { tmpdir } from 'node:os';
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { describeMachine, startApi, startDatabase } from './environment.ts';
import { openFloor } from './floor.ts';
import { type Load, loadCreateSession } from './load.ts';
import { writeTable } from './write-table.ts';

const CONNECTIONS = 32;
const SECONDS = 10;
const ROUNDS = 3;

await using stack = new AsyncDisposableStack();
const directory = await mkdtemp(path.join(tmpdir(), 'classroom-bench-'));
stack.defer(() => rm(directory, { recursive: true, force: true }));
const databaseUrl = await startDatabase(stack);
const url = await startApi(databaseUrl, stack);
const floor = await openFloor(databaseUrl, directory);
const options = { connections: CONNECTIONS, seconds: SECONDS };

console.log('Warming up …');
await loadCreateSession(url, { ...options, seconds: 5 });

// Turn by turn, so that what else the machine does falls on both.
const floors: number[] = [];
const loads: Load[] = [];
for (let round = 1; round <= ROUNDS; round += 1) {
  const perSecond = await floor.measure(options);
  const load = await loadCreateSession(url, options);
  floors.push(perSecond);
  loads.push(load);
  console.log(
    `${round} of ${ROUNDS}: floor ${Math.round(perSecond)}/s, API ${Math.round(load.perSecond)}/s, ratio ${(load.perSecond / perSecond).toFixed(2)}`,
  );
}

const floorPerSecond = median(floors);
const perSecond = median(loads.map((load) => load.perSecond));
await writeTable('create-session', [
  ['`sessions.create`, one API process, 32 connections', 'figure'],
  ['over HTTP', `${Math.round(perSecond)} per second`],
  [
    'latency p50 / p99',
    `${median(loads.map((l) => l.p50))} ms / ${median(loads.map((l) => l.p99))} ms`,
  ],
  [`floor: ${floor.by}, the same statement`, `${Math.round(floorPerSecond)} per second`],
  ['ratio to the floor', (perSecond / floorPerSecond).toFixed(2)],
  ['measured', `${new Date().toISOString().slice(0, 10)}, ${await describeMachine(databaseUrl)}`],
]);

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
