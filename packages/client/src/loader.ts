import { fieldOf, reasonOf } from './errors.ts';

/** Requests a load, after a delay if one is given. */
export type Loader = (delayMs?: number) => void;

const RETRY_AFTER_MS = 5_000;

/**
 * Creates a function that loads state in the background. One load runs at a time, and requests that arrive
 * meanwhile cause one more. A load that fails because the server is busy is repeated.
 *
 * @param isActive whether the state is still wanted
 */
export function createLoader(load: () => Promise<void>, isActive: () => boolean): Loader {
  let isLoading = false;
  let isStale = false;
  const loadWhileStale = async (delayMs: number) => {
    if (delayMs > 0) await sleep(delayMs);
    while (isStale && isActive()) {
      isStale = false;
      try {
        await load();
      } catch (error) {
        const reason = reasonOf(error);
        if (reason !== 'UNAVAILABLE' && reason !== 'RATE_LIMITED') break;
        isStale = true;
        const seconds = fieldOf(fieldOf(error, 'data'), 'retryAfterSeconds');
        const retryAfterMs = typeof seconds === 'number' ? seconds * 1_000 : RETRY_AFTER_MS;
        await sleep(Math.max(retryAfterMs, RETRY_AFTER_MS) * (1 + Math.random() / 2));
      }
    }
    isLoading = false;
  };
  return (delayMs = 0) => {
    isStale = true;
    if (isLoading) return;
    isLoading = true;
    void loadWhileStale(delayMs);
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
