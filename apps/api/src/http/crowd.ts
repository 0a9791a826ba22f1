/** How many wait for each connection in a queue that is long; a few tenths of a second's work. */
const LONG = 10;
/** The same once it has been too long, so that who is let in waits less. */
const LONG_WHEN_STRAINED = 4;
/** How long the queue may be long before it is no burst. */
const BURST_MS = 1_000;
/** How long after the last refusal another burst is not believed in. */
const STRAINED_MS = 5_000;

/**
 * Tells a burst from an overload. A class that joins all at once makes a long queue that is soon gone,
 * and is let in; a queue that stays long is one that everybody would wait in, and whoever comes then
 * had better come later.
 *
 * @param queue how many wait for each connection at this moment
 * @returns whether who comes now is refused
 */
export function watchCrowd(queue: () => number, now = () => performance.now()): () => boolean {
  let longSince: number | undefined;
  let refusedAt = -Infinity;
  return () => {
    const time = now();
    const strained = time - refusedAt < STRAINED_MS;
    if (queue() < (strained ? LONG_WHEN_STRAINED : LONG)) {
      longSince = undefined;
      return false;
    }
    longSince ??= time;
    if (!strained && time - longSince < BURST_MS) return false;
    refusedAt = time;
    return true;
  };
}
