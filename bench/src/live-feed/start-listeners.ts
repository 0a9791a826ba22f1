import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Arrival, ListenersOptions } from './listeners.ts';

const PROCESS = path.join(import.meta.dirname, 'listeners.ts');
const LISTENERS_PER_PROCESS = 2_500;
const ARRIVAL_TIMEOUT_MS = 15_000;

export interface Listeners {
  /**
   * Waits until every listener has received the event with this number of votes, at most fifteen seconds.
   *
   * @returns the arrival times in `monotonicMs()`
   */
  arrivalsOf: (votes: number) => Promise<number[]>;
}

/** Opens a stream for each token from other processes, and waits for every snapshot. */
export async function startListeners(
  { url, tokens }: { url: string; tokens: readonly string[] },
  stack: AsyncDisposableStack,
): Promise<Listeners> {
  const arrivals = new Map<number, number[]>();
  const collect = (reported: Arrival[]) => {
    for (const [votes, at] of reported) {
      const earlier = arrivals.get(votes) ?? [];
      arrivals.set(votes, earlier);
      earlier.push(at);
    }
  };
  const ready: Promise<void>[] = [];
  for (let first = 0; first < tokens.length; first += LISTENERS_PER_PROCESS) {
    const part = tokens.slice(first, first + LISTENERS_PER_PROCESS);
    ready.push(startProcess({ url, tokens: part }, collect, stack));
  }
  await Promise.all(ready);
  return {
    async arrivalsOf(votes) {
      const until = performance.now() + ARRIVAL_TIMEOUT_MS;
      while ((arrivals.get(votes)?.length ?? 0) < tokens.length && performance.now() < until) {
        await sleep(20);
      }
      return arrivals.get(votes) ?? [];
    },
  };
}

async function startProcess(
  options: ListenersOptions,
  onArrivals: (arrivals: Arrival[]) => void,
  stack: AsyncDisposableStack,
): Promise<void> {
  const child = fork(PROCESS);
  const closed = once(child, 'close');
  stack.defer(async () => {
    child.kill('SIGTERM');
    await closed;
  });
  child.send(options);
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error('A process with listeners has ended')));
    child.on('message', (message: 'ready' | Arrival[]) => {
      if (message === 'ready') resolve();
      else onArrivals(message);
    });
  });
}
