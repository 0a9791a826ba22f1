/** The load of one measurement. */
export interface RoundOptions {
  connections: number;
  seconds: number;
}

/** The middle value; of an even number of values, the greater of the two in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** The quantile of sorted values: a share of 0.99 gives p99. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Calls `run` repeatedly with `connections` concurrent calls, and returns the calls per second. */
export async function callsPerSecond(
  run: () => Promise<unknown>,
  { connections, seconds }: RoundOptions,
): Promise<number> {
  const end = performance.now() + seconds * 1_000;
  let count = 0;
  const loop = async () => {
    while (performance.now() < end) {
      await run();
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, loop));
  return count / seconds;
}
