import type { Benchmark } from './benchmark.ts';
import { createSession } from './benchmarks/create-session.ts';
import { joinSession } from './benchmarks/join-session.ts';
import { liveFeed } from './live-feed/live-feed.ts';
import { openSessions } from './open-sessions/open-sessions.ts';
import { overload } from './overload/overload.ts';
import { peers } from './peers/peers.ts';
import type { Program } from './program.ts';
import { runBenchmark } from './run-benchmark.ts';
import { toTable } from './to-table.ts';
import { votes } from './votes/votes.ts';

const OPTIONS = { connections: 32, seconds: 10 };

/** A procedure beside its floor. */
function besideFloor(benchmark: Benchmark): Program {
  return {
    name: benchmark.name,
    run: async (stack) =>
      toTable(benchmark, OPTIONS, await runBenchmark(benchmark, OPTIONS, stack)),
  };
}

/** Everything that is measured, in the order of docs/benchmarks.md. */
export const programs: readonly Program[] = [
  ...[createSession, joinSession].map(besideFloor),
  votes,
  liveFeed,
  overload,
  openSessions,
  peers,
];
