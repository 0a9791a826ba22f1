import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, reasonOf } from '@classroom/client';
import { expect } from 'vitest';
import { sessionInput } from './client.ts';

/** Runs `work` for each item, at most `concurrency` at once. */
export async function forEach<Item>(
  items: readonly Item[],
  concurrency: number,
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  // The workers share one iterator: each takes the next item.
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) await work(item, index);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

/** The indices below `count`. */
export const times = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

export interface Calls {
  /** The number of responses by status. */
  statuses: Record<string, number>;
  /** The durations in milliseconds, in ascending order. */
  durations: number[];
}

/** Creates sessions, each for its own host and over its own connection. */
export async function createSessions(
  url: string,
  count: number,
  concurrency: number,
): Promise<Calls> {
  const statuses: Record<string, number> = {};
  const durations: number[] = [];
  await forEach(times(count), concurrency, async () => {
    const started = performance.now();
    const response = await fetch(`${url}/trpc/sessions.create`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify(sessionInput()),
    });
    await response.text();
    durations.push(performance.now() - started);
    statuses[response.status] = (statuses[response.status] ?? 0) + 1;
  });
  return { statuses, durations: durations.toSorted((a, b) => a - b) };
}

const RETRY_AFTER_MS = 50;

/** A crashed database recovers, and is restarted after a growing pause. */
const SERVED_AGAIN = { timeout: 90_000 };

export interface CreationLoad extends Disposable {
  /** The join codes of the sessions that the API acknowledged. */
  acknowledged: string[];
  /** The errors other than `UNAVAILABLE`. */
  unexpected: unknown[];
  /** Waits until `count` more sessions are acknowledged. */
  acknowledges: (count: number) => Promise<void>;
  /** Starts no more calls, and waits until every started call is acknowledged. */
  stop: () => Promise<void>;
}

/** Creates sessions until it is stopped. A call that fails is repeated with its idempotency key. */
export function createUntilStopped(apiUrl: string, concurrency: number): CreationLoad {
  const client = createClient({ url: `${apiUrl}/trpc` });
  const stopping = new AbortController();
  const abandoning = new AbortController();
  const acknowledged: string[] = [];
  const unexpected: unknown[] = [];
  const create = async () => {
    const input = { ...sessionInput(), idempotencyKey: randomUUID() };
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
    acknowledges: async (count) => {
      const before = acknowledged.length;
      await expect
        .poll(() => acknowledged.length, SERVED_AGAIN)
        .toBeGreaterThanOrEqual(before + count);
    },
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
