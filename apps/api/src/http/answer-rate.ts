const WINDOW_MS = 250;
/** With fewer in flight the process has time to spare, and its rate says only how much is asked. */
const BUSY = 16;
/** What was measured so long ago says nothing of now. */
const FORGET_MS = 10_000;
/** Taken for the rate while none is known; a first quarter of a second under load corrects it. */
const DEFAULT_PER_MS = 2;

/** How many requests a process answers when it has enough to do. */
export interface AnswerRate {
  /** A request was answered, and so many are still in flight. */
  count: (inFlight: number) => void;
  /** As last measured under load. */
  perMs: () => number;
}

export function measureAnswerRate(now: () => number): AnswerRate {
  let rate = DEFAULT_PER_MS;
  let measuredAt = -Infinity;
  let since = -Infinity;
  let answered = 0;
  let least = 0;
  const isKnown = () => now() - measuredAt < FORGET_MS;

  return {
    count(inFlight) {
      answered += 1;
      least = Math.min(least, inFlight);
      const passed = now() - since;
      if (passed < WINDOW_MS) return;
      if (least >= BUSY) {
        const measured = answered / passed;
        rate = isKnown() ? (rate + measured) / 2 : measured;
        measuredAt = now();
      }
      since = now();
      answered = 0;
      least = inFlight;
    },
    perMs: () => (isKnown() ? rate : DEFAULT_PER_MS),
  };
}
