import { expect, inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** `long` in `pnpm test:faults`. */
    campaign: 'short' | 'long';
  }
}

const isLong = inject('campaign') === 'long';

/** Extends time limits in `pnpm test`, which also runs on slow, busy machines. */
const SLOWNESS = isLong ? 1 : 5;
/** A busy machine may stand still for seconds, which a multiple of a short limit does not allow for. */
const SHORTEST_LIMIT_MS = isLong ? 0 : 15_000;

/** Chooses the size of a test: the first for `pnpm test`, the second for `pnpm test:faults`. */
export const sized = (short: number, long: number): number => (isLong ? long : short);

/** Prints a duration, and expects it to be below its limit, extended for a slow machine. */
export function expectDuration(what: string, ms: number, limitMs: number): void {
  console.log(`${what}: ${Math.round(ms)} ms (limit: ${limitMs} ms)`);
  expect(ms, what).toBeLessThan(Math.max(limitMs * SLOWNESS, SHORTEST_LIMIT_MS));
}

/** Expects `work` to end within a time limit, extended for a slow machine. */
export async function expectWithin<Result>(
  what: string,
  limitMs: number,
  work: () => Promise<Result>,
): Promise<Result> {
  const started = performance.now();
  const result = await work();
  expectDuration(what, performance.now() - started, limitMs);
  return result;
}
