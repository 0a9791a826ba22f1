import { expect, test } from 'vitest';
import { limitConcurrency } from './concurrency-limit.ts';

/** A process with a clock of its own. */
function processAt(perMs: number) {
  let time = 0;
  const limit = limitConcurrency(
    () => 0,
    () => time,
  );
  const inFlight = { count: 0 };
  const come = (count: number) => {
    let refused = 0;
    for (let n = 0; n < count; n += 1) {
      if (limit.isReached()) refused += 1;
      else {
        limit.enter();
        inFlight.count += 1;
      }
    }
    return refused;
  };
  /** Answers at its rate for so long, while so many come in each millisecond. */
  const pass = (ms: number, coming = 0) => {
    let refused = 0;
    for (let end = time + ms; time < end; time += 1) {
      refused += come(coming);
      for (let n = 0; n < perMs && inFlight.count > 0; n += 1, inFlight.count -= 1) limit.leave();
    }
    return refused;
  };
  return { inFlight, come, pass };
}

test('a burst is let in, and another one after it', () => {
  const { come, pass } = processAt(1);
  expect([come(200), pass(300), come(200), pass(300)]).toEqual([0, 0, 0, 0]);
});

test('of a burst that would take too long, the rest is refused', () => {
  const { come, inFlight } = processAt(1);
  expect(come(1_000)).toBe(500);
  expect(inFlight.count).toBe(500);
});

test('in an overload as many wait as are answered in 150 ms', () => {
  const { pass, inFlight } = processAt(1);
  pass(3_000, 3);
  expect(inFlight.count).toBeGreaterThan(120);
  expect(inFlight.count).toBeLessThan(160);
});

test('a faster process lets more in', () => {
  const { pass, inFlight } = processAt(4);
  pass(3_000, 12);
  expect(inFlight.count).toBeGreaterThan(500);
  expect(inFlight.count).toBeLessThan(650);
});

test('a process that answers nothing lets only a burst in', () => {
  const stuck = processAt(0);
  stuck.pass(5_000, 3);
  expect(stuck.inFlight.count).toBeLessThanOrEqual(500);
});

test('bursts are let in again when there was nothing to refuse for a while', () => {
  const { come, pass } = processAt(1);
  expect(pass(3_000, 3)).toBeGreaterThan(5_000);
  pass(6_000);
  expect(come(200)).toBe(0);
});
