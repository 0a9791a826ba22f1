import { expect, test } from 'vitest';
import { watchCrowd } from './crowd.ts';

function crowd() {
  const state = { isLong: false, time: 0 };
  const refuses = watchCrowd(
    () => state.isLong,
    () => state.time,
  );
  return (isLong: boolean, time: number) => {
    Object.assign(state, { isLong, time });
    return refuses();
  };
}

test('a burst is let in, and another one after it', () => {
  const refuses = crowd();
  expect([refuses(true, 0), refuses(true, 900), refuses(false, 950)]).toEqual([
    false,
    false,
    false,
  ]);
  expect([refuses(true, 1_900), refuses(true, 2_800)]).toEqual([false, false]);
});

test('a queue that stays long is an overload', () => {
  const refuses = crowd();
  expect([refuses(true, 0), refuses(true, 1_000), refuses(true, 1_001)]).toEqual([
    false,
    true,
    true,
  ]);
});

test('during an overload nobody waits in a long queue; after it bursts are let in again', () => {
  const refuses = crowd();
  refuses(true, 0);
  expect(refuses(true, 1_000)).toBe(true);
  expect(refuses(false, 1_100)).toBe(false);
  expect(refuses(true, 1_200)).toBe(true);
  expect(refuses(false, 6_000)).toBe(false);
  expect(refuses(true, 6_200)).toBe(false);
});
