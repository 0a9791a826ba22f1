import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDatabase } from '@classroom/db';
import type { Benchmark, RoundOptions } from './benchmark.ts';
import { describeRun, startApi, startDatabase } from './environment.ts';
import { openFloor } from './floor/open-floor.ts';
import type { LoadResult } from './load/load.ts';
import { openLoad } from './load/open-load.ts';

/** Node compiles what is hot for so long. */
const WARM_UP_SECONDS = 20;
const ROUNDS = 5;

export interface Measurement {
  loadBy: string;
  floorBy: string;
  measured: string;
  /** One for each round: the API, and how often per second its floor ran beside it. */
  rounds: (LoadResult & { floorPerSecond: number })[];
}

/**
 * Measures a benchmark on a database and an API of its own.
 *
 * @param stack takes all that is started
 */
export async function runBenchmark(
  { name, procedure, openRound }: Benchmark,
  options: RoundOptions,
  stack: AsyncDisposableStack,
): Promise<Measurement> {
  const directory = await mkdtemp(path.join(tmpdir(), 'classroom-bench-'));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const databaseUrl = await startDatabase(stack);
  const api = await startApi(databaseUrl, stack);
  const url = `${api.url}/trpc/${procedure}`;
  const db = stack.use(createDatabase(databaseUrl));
  const floor = await openFloor(databaseUrl, directory);
  const load = await openLoad(directory);

  console.log(`${name}: warming up …`);
  await load.measure(url, await openRound(db), { ...options, seconds: WARM_UP_SECONDS });

  const rounds: Measurement['rounds'] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    // Turn by turn, so that what else the machine does falls on both.
    const floorPerSecond = await floor.measure(await openRound(db), options);
    const result = await load.measure(url, await openRound(db), options);
    rounds.push({ ...result, floorPerSecond });
    const ratio = (result.perSecond / floorPerSecond).toFixed(2);
    console.log(
      `${round} of ${ROUNDS}: floor ${Math.round(floorPerSecond)}/s, API ${Math.round(result.perSecond)}/s, ratio ${ratio}`,
    );
  }
  const measured = await describeRun(databaseUrl);
  return { loadBy: load.by, floorBy: floor.by, measured, rounds };
}
