import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '@classroom/client';
import { memoryOf } from './memory-of.ts';
import { openClassroom } from './open-classroom.ts';
import { startListeners } from './start-listeners.ts';

const VOTES = 40;
const PAUSE_MS = 250;

export interface FeedResult {
  listeners: number;
  /** Milliseconds from the answer to a vote to its arrival at a listener. */
  p50: number;
  p99: number;
  /** How many of the arrivals that there should be there were, for the votes that were accepted. */
  arrived: number;
  /** Votes that the API refused, as it does when its event loop lags. */
  refused: number;
  readsPerChange: number;
  /** KiB of the API's memory for each listener. */
  memory: number;
}

/** Votes one after another on a question that so many listen to. */
export async function measureFeed(
  api: { url: string; pid: number },
  count: number,
): Promise<FeedResult> {
  await using stack = new AsyncDisposableStack();
  const classroom = await openClassroom(api.url);
  const before = await memoryOf(api.pid);
  const listening = { url: classroom.eventsUrl, token: classroom.token, count };
  const { arrivals } = await startListeners(listening, stack);
  // Until presence has been told to all.
  await sleep(3_000);
  const memory = ((await memoryOf(api.pid)) - before) / count;

  const readsBefore = await changeReads(api.url);
  const latencies: number[] = [];
  let refused = 0;
  for (let n = 0; n < VOTES; n += 1) {
    // What arrives after its time is not counted, and least of all for this vote.
    arrivals.clear();
    const votes = await classroom.vote(n % 2 === 0).catch(asRefused);
    if (votes === 'refused') {
      refused += 1;
      continue;
    }
    const committedAt = performance.timeOrigin + performance.now();
    await sleep(PAUSE_MS);
    for (const at of arrivals.get(votes) ?? []) latencies.push(at - committedAt);
  }
  await sleep(1_000);
  latencies.sort((a, b) => a - b);
  return {
    listeners: count,
    p50: Math.round(latencies[Math.floor(latencies.length * 0.5)] ?? Number.NaN),
    p99: Math.round(latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN),
    arrived: latencies.length / ((VOTES - refused) * count),
    refused,
    readsPerChange: ((await changeReads(api.url)) - readsBefore) / (VOTES - refused),
    memory: Math.round(memory),
  };
}

/** A vote that was repeated and still refused; what else is wrong is thrown. */
function asRefused(error: unknown): 'refused' {
  if (reasonOf(error) === 'UNAVAILABLE') return 'refused';
  throw error;
}

/** How often the API has read what changed in a session, as it counts that itself. */
async function changeReads(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^classroom_live_reads_total (\d+)/m.exec(metrics)?.[1]);
}
