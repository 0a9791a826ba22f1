import { liveFeed } from './live-feed/live-feed.ts';
import { openSessions } from './open-sessions/open-sessions.ts';
import { overload } from './overload/overload.ts';
import { peerChannel } from './peer-channel/peer-channel.ts';
import { peers } from './peers.ts';
import { createSession, joinSession } from './procedures.ts';
import { runBenchmark } from './run-benchmark.ts';
import { type Rows, printTable, writeTable } from './table.ts';
import { votes } from './votes.ts';

/**
 * Runs a benchmark, and returns the rows of its table in docs/benchmarks.md.
 *
 * @param only names of the rows to measure, for a benchmark that can measure single rows
 */
type Benchmark = (stack: AsyncDisposableStack, only: readonly string[]) => Promise<Rows>;

const benchmarks: ReadonlyMap<string, Benchmark> = new Map(
  Object.entries<Benchmark>({
    'create-session': (stack) => runBenchmark(createSession, stack),
    'join-session': (stack) => runBenchmark(joinSession, stack),
    votes,
    'live-feed': liveFeed,
    'peer-channel': peerChannel,
    overload,
    'open-sessions': openSessions,
    peers,
  }),
);

const [wanted, ...only] = process.argv.slice(2);
if (wanted !== undefined && !benchmarks.has(wanted)) {
  const names = [...benchmarks.keys()].join(', ');
  console.error(`Unknown benchmark ${wanted}; use one of ${names}`);
  process.exit(1);
}

await using everything = new AsyncDisposableStack();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void everything.disposeAsync().finally(() => process.exit(1)));
}
for (const [name, run] of benchmarks) {
  if (wanted !== undefined && name !== wanted) continue;
  await using stack = everything.use(new AsyncDisposableStack());
  const rows = await run(stack, only);
  // A part of a table must not replace the whole.
  if (only.length === 0) await writeTable(name, rows);
  else printTable(rows);
}
