import type { Benchmark, RoundOptions } from './benchmark.ts';
import { median } from './median.ts';
import type { Measurement } from './run-benchmark.ts';

/** The medians over the rounds, as the rows of a table. */
export function toTable(
  { title }: Benchmark,
  { connections }: RoundOptions,
  { loadBy, floorBy, measured, rounds }: Measurement,
): string[][] {
  const perSecond = median(rounds.map((round) => round.perSecond));
  const floorPerSecond = median(rounds.map((round) => round.floorPerSecond));
  const p50 = median(rounds.map((round) => round.p50));
  const p99 = median(rounds.map((round) => round.p99));
  return [
    [`${title}, one API process, ${connections} connections`, 'figure'],
    [`over HTTP, by ${loadBy}`, `${Math.round(perSecond)} per second`],
    ['latency p50 / p99', `${p50} ms / ${p99} ms`],
    [`floor: ${floorBy}, the same statement`, `${Math.round(floorPerSecond)} per second`],
    ['ratio to the floor', (perSecond / floorPerSecond).toFixed(2)],
    ['measured', measured],
  ];
}
