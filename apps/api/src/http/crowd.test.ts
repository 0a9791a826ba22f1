import { expect, test } from 'vitest';
import { watchCrowd } from './crowd.ts';

/** Whether who comes at that time to a queue of that length is refused. */
function crowd() {
  const state = { queue: 0, time: 0 };
  const refuses = watchCrowd(
    () => state.queue,
    () => state.time,
  );
  return (queue: number, time: number) => {
    Object.assign(state, { queue, time });
    return refuses();
  };
}

test('a burst is let in, and another one after it', () => {
  const refuses = crowd();
  expect([refuses(90, 0), refuses(90, 900), refuses(9, 950)]).toEqual([false, false, false]);
  expect([refuses(90, 1_900), refuses(90, 2_800)]).toEqual([false, false]);
});

test('a queue that stays long is an overload', () => {
  const refuses = crowd();
  expect([refuses(10, 0), refuses(10, 1_000), refuses(10, 1_001)]).toEqual([false, true, true]);
});

test('in an overload nobody waits in a queue that is only half as long', () => {
  const refuses = crowd();
  refuses(10, 0);
  expect([refuses(10, 1_000), refuses(4, 1_100), refuses(3, 1_200)]).toEqual([true, true, false]);
});

test('bursts are let in again when there was nothing to refuse for a while', () => {
  const refuses = crowd();
  refuses(10, 0);
  expect([refuses(10, 1_000), refuses(10, 5_900)]).toEqual([true, true]);
  expect([refuses(0, 6_000), refuses(10, 11_000)]).toEqual([false, false]);
});
