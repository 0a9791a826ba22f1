/** How long the queue may be long before it is no burst. */
const BURST_MS = 1_000;
/** How long after the last refusal another burst is not believed in. */
const STRAINED_MS = 5_000;

/**
 * Tells a burst from an overload. A class that joins all at once makes a long queue that is soon gone,
 * and is let in; a queue that stays long is one that everybody would wait in, and whoever comes then
 * had better come later.
 *
 * @param isLong whether the queue is long at this moment
 * @returns whether who comes now is refused
 */
export function watchCrowd(isLong: () => boolean, now = () => performance.now()): () => boolean {
  let longSince: number | undefined;
  let refusedAt = -Infinity;
  return () => {
    if (!isLong()) {
      longSince = undefined;
      return false;
    }
    const time = now();
    longSince ??= time;
    if (time - longSince < BURST_MS && time - refusedAt >= STRAINED_MS) return false;
    refusedAt = time;
    return true;
  };
}
