import { measureAnswerRate } from './answer-rate.ts';

/** As many may be in flight as are answered within this time, and so many in any case. */
const IN_A_BURST = { ms: 250, least: 150 };
/** The same once it is no burst, so that who is let in waits less. */
const IN_AN_OVERLOAD = { ms: 150, least: 64 };
/** How long that many may be in flight before it is no burst. */
const BURST_MS = 300;
/** How long after the last refusal another burst is not believed in. */
const OVERLOADED_MS = 5_000;

/** How many requests are in flight, and whether that is enough. */
export interface ConcurrencyLimit {
  enter: () => void;
  leave: () => void;
  /** Whether who comes now is refused. */
  isReached: () => boolean;
}

/**
 * Bounds the requests in flight by how fast they are answered: by Little's law (L = λW), a call
 * that is let in waits for the number in flight over the rate of answers, on a slow machine as on a
 * fast one. A class that joins all at once makes a burst that is soon gone, and is let in; a crowd
 * that stays is an overload, in which everybody would wait.
 *
 * @param waiting how many were let in and have not entered yet
 */
export function limitConcurrency(
  waiting: () => number,
  now = () => performance.now(),
): ConcurrencyLimit {
  const rate = measureAnswerRate(now);
  let entered = 0;
  let crowdedSince = Infinity;
  let refusedAt = -Infinity;

  const countInFlight = () => {
    const inFlight = entered + waiting();
    if (inFlight < IN_AN_OVERLOAD.least) crowdedSince = Infinity;
    else crowdedSince = Math.min(crowdedSince, now());
    return inFlight;
  };
  return {
    enter() {
      entered += 1;
    },
    leave() {
      entered -= 1;
      rate.count(countInFlight());
    },
    isReached() {
      const inFlight = countInFlight();
      const time = now();
      const isOverload = time - refusedAt < OVERLOADED_MS || time - crowdedSince >= BURST_MS;
      const { ms, least } = isOverload ? IN_AN_OVERLOAD : IN_A_BURST;
      if (inFlight < Math.max(least, rate.perMs() * ms)) return false;
      refusedAt = time;
      return true;
    },
  };
}
