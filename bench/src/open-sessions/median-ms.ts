import { median } from '../median.ts';

const CALLS = 20;

/** How long something takes, one call after another: the median, in milliseconds. */
export async function medianMs(run: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let call = 0; call < CALLS; call += 1) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  return median(times);
}
