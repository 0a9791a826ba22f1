import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const PROGRAM = path.join(import.meta.dirname, 'listeners.ts');

export interface Listeners {
  /** For each number of votes, when each listener heard of it: milliseconds since 1970. */
  arrivals: Map<number, number[]>;
}

/** Opens so many streams from another process, and waits until all of them have begun. */
export async function startListeners(
  { url, token, count }: { url: string; token: string; count: number },
  stack: AsyncDisposableStack,
): Promise<Listeners> {
  const child = fork(PROGRAM, [url, token, String(count)]);
  const closed = once(child, 'close');
  stack.defer(async () => {
    child.kill('SIGTERM');
    await closed;
  });
  const arrivals = new Map<number, number[]>();
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  child.once('exit', () => reject(new Error('The listeners have ended')));
  child.on('message', (message: 'ready' | [number, number][]) => {
    if (message === 'ready') return resolve();
    for (const [votes, at] of message) {
      const heard = arrivals.get(votes) ?? [];
      heard.push(at);
      arrivals.set(votes, heard);
    }
  });
  await ready;
  return { arrivals };
}
