import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDatabase } from '@classroom/db';
import { openBaseline } from './baseline.ts';
import { describeRun, startApi, startDatabase } from './environment.ts';
import { type LoadResult, openLoad } from './load.ts';
import type { ProcedureBenchmark, Round } from './procedures.ts';
import { median } from './statistics.ts';

/** Time for V8 to optimise hot code. */
const WARM_UP_SECONDS = 20;
const ROUNDS = 5;
const OPTIONS = { connections: 32, seconds: 10 };

interface Server {
  name: string;
  url: string;
  results: LoadResult[];
}

/**
 * Measures a procedure, its baseline and its hand-written handler in turn, on one database, and returns
 * the medians as a table. Other load on the machine affects all of them, so ratios are comparable.
 */
export async function runBenchmark(
  { name, procedure, title, handler, openRound }: ProcedureBenchmark,
  stack: AsyncDisposableStack,
): Promise<string[][]> {
  const directory = await mkdtemp(path.join(tmpdir(), 'classroom-bench-'));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const databaseUrl = await startDatabase(stack);
  const { url } = await startApi(databaseUrl, stack);
  const api: Server = { name: 'API', url: `${url}/trpc/${procedure}`, results: [] };
  const servers = [api];
  if (handler !== undefined) {
    const handlerUrl = await startHandler(handler, databaseUrl, stack);
    servers.push({ name: 'handler', url: handlerUrl, results: [] });
  }
  const db = stack.use(createDatabase(databaseUrl));
  const baseline = await openBaseline(databaseUrl, directory);
  const load = await openLoad(directory);
  const measure = async ({ url: serverUrl }: Server, seconds: number) =>
    await load.measure(serverUrl, await openRound(db), { ...OPTIONS, seconds });

  console.log(`${name}: warming up …`);
  for (const server of servers) await measure(server, WARM_UP_SECONDS);

  const baselineRates: number[] = [];
  for (let n = 1; n <= ROUNDS; n += 1) {
    const round: Round = await openRound(db);
    baselineRates.push(await baseline.measure(round, OPTIONS));
    // The order alternates, so that neither server always follows the same predecessor.
    for (const server of n % 2 === 0 ? servers : servers.toReversed()) {
      server.results.push(await measure(server, OPTIONS.seconds));
    }
    const rates = servers.map((server) => `${server.name} ${rounded(server.results.at(-1))}/s`);
    console.log(
      `${n} of ${ROUNDS}: baseline ${Math.round(baselineRates.at(-1) ?? 0)}/s, ${rates.join(', ')}`,
    );
  }

  const perSecond = (server: Server) => median(server.results.map((result) => result.perSecond));
  const ratio = (rates: readonly number[]) =>
    median(api.results.map((result, n) => result.perSecond / (rates[n] ?? Number.NaN))).toFixed(2);
  return [
    [`${title}, one API process, ${OPTIONS.connections} connections`, 'figure'],
    [`over HTTP, by ${load.name}`, `${Math.round(perSecond(api))} per second`],
    [
      'latency p50 / p99',
      `${median(api.results.map(({ p50 }) => p50))} ms / ${median(api.results.map(({ p99 }) => p99))} ms`,
    ],
    ...servers.slice(1).flatMap((server) => [
      [
        'a hand-written Fastify and pg handler, the same statement and load',
        `${Math.round(perSecond(server))} per second`,
      ],
      ['ratio to the handler', ratio(server.results.map((result) => result.perSecond))],
    ]),
    [
      `baseline: ${baseline.name}, the same statement`,
      `${Math.round(median(baselineRates))} per second`,
    ],
    ['ratio to the baseline', ratio(baselineRates)],
    ['measured', await describeRun(databaseUrl)],
  ];
}

function rounded(result: LoadResult | undefined): number {
  return Math.round(result?.perSecond ?? 0);
}

async function startHandler(
  module: string,
  databaseUrl: string,
  stack: AsyncDisposableStack,
): Promise<string> {
  const env = { NODE_ENV: 'production' };
  const child = fork(path.join(import.meta.dirname, module), [databaseUrl], { env });
  const closed = once(child, 'close');
  stack.defer(async () => {
    child.kill('SIGTERM');
    await closed;
  });
  const [url]: unknown[] = await once(child, 'message');
  return String(url);
}
