import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import autocannon from 'autocannon';

export interface LoadOptions {
  connections: number;
  seconds: number;
  /** Requests begun per second, as far as the connections go; without it as many as they can. */
  perSecond?: number;
}

export interface LoadResult {
  /** Of the requests that succeeded, in milliseconds, the shortest first. */
  accepted: number[];
  /** Of the others, by status. */
  refused: Map<number, number[]>;
  acceptedPerSecond: number;
  /** Requests that got no answer. */
  failed: number;
}

/** Creates sessions, each for a host of its own. */
export async function createUnderLoad(url: string, options: LoadOptions): Promise<LoadResult> {
  const { connections, seconds, perSecond } = options;
  const times = new Map<number, number[]>();
  const run = autocannon({
    url: `${url}/trpc/sessions.create`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    requests: [
      {
        setupRequest: (request) => ({
          ...request,
          body: JSON.stringify({ title: 'Algebra I', hostDisplayName: randomUUID() }),
        }),
      },
    ],
    connections,
    duration: seconds,
    ...(perSecond !== undefined && { overallRate: perSecond }),
  });
  // The promise is the running instance as well, which its types leave out.
  const instance: unknown = run;
  if (!(instance instanceof EventEmitter)) throw new Error('autocannon gave no instance');
  instance.on('response', (_client, status: number, _bytes, milliseconds: number) => {
    const known = times.get(status) ?? [];
    times.set(status, known);
    known.push(milliseconds);
  });
  const { errors, duration } = await run;
  for (const each of times.values()) each.sort((a, b) => a - b);
  const accepted = times.get(200) ?? [];
  times.delete(200);
  return {
    accepted,
    refused: times,
    acceptedPerSecond: accepted.length / duration,
    failed: errors,
  };
}

/** The value that this share of the sorted values does not exceed. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
