import type { RoundOptions } from './benchmark.ts';

/** How often per second something can be done, so many times at once. */
export async function perSecond(
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
