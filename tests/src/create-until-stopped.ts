import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, reasonOf } from '@classroom/client';

const RETRY_AFTER_MS = 50;

export interface Creating extends Disposable {
  /** The join codes of the sessions that the API acknowledged. */
  acknowledged: string[];
  /** Errors other than `UNAVAILABLE`. */
  unexpected: unknown[];
  /** Begins no more, and resolves when every call that was begun has been acknowledged. */
  stop: () => Promise<void>;
}

/**
 * Creates sessions, several at once. The outcome of a call that fails is unknown: it is repeated with
 * its idempotency key until it is acknowledged.
 */
export function createUntilStopped(apiUrl: string, concurrency: number): Creating {
  const client = createClient({ url: `${apiUrl}/trpc` });
  const stopping = new AbortController();
  const acknowledged: string[] = [];
  const unexpected: unknown[] = [];
  const abandoning = new AbortController();
  const create = async () => {
    const input = { title: 'T', hostDisplayName: randomUUID(), idempotencyKey: randomUUID() };
    while (!abandoning.signal.aborted) {
      try {
        acknowledged.push((await client.sessions.create.mutate(input)).code);
        return;
      } catch (error) {
        if (reasonOf(error) !== 'UNAVAILABLE') unexpected.push(error);
        await sleep(RETRY_AFTER_MS);
      }
    }
  };
  const creating = Array.from({ length: concurrency }, async () => {
    while (!stopping.signal.aborted) await create();
  });
  return {
    acknowledged,
    unexpected,
    stop: async () => {
      stopping.abort();
      await Promise.all(creating);
    },
    [Symbol.dispose]() {
      abandoning.abort();
      stopping.abort();
    },
  };
}
