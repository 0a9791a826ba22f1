import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '@classroom/client';
import { quantile } from '../quantile.ts';
import type { Broadcast, Feed } from './feed.ts';
import { cpuOf, rssOf } from './process-usage.ts';
import { startListeners } from './start-listeners.ts';

const WARM_UP_VOTES = 5;
const VOTES = 25;
const PAUSE_MS = 300;
const IDLE_MS = 5_000;

export interface FeedResult {
  openSeconds: number;
  /** Milliseconds from the vote's acknowledgement to its arrival at a listener. */
  p50: number;
  p99: number;
  /** The same from sending the vote, in case its acknowledgement waits for the broadcast. */
  p99FromSending: number;
  /** Share of the deliveries that arrived. */
  arrived: number;
  /** Votes refused with UNAVAILABLE, though repeated. */
  refused: number;
  cpuMicrosecondsPerDelivery: number;
  rssKibPerListener: number;
  readsPerChange: number;
}

/** Votes one after another while every token listens. */
export async function measureFeed(feed: Feed, tokens: readonly string[]): Promise<FeedResult> {
  await using stack = new AsyncDisposableStack();
  const rssBefore = await rssOf(feed.pid);
  const openedAt = performance.now();
  const listeners = await startListeners({ url: feed.url, tokens }, stack);
  const openSeconds = (performance.now() - openedAt) / 1_000;
  for (let vote = 0; vote < WARM_UP_VOTES; vote += 1) {
    const sent = await broadcastOrRefused(feed);
    if (sent !== undefined) await listeners.arrivalsOf(sent.votes);
    await sleep(PAUSE_MS);
  }

  const idleCpu = await cpuOf(feed.pid);
  await sleep(IDLE_MS);
  const idleCpuPerMs = ((await cpuOf(feed.pid)) - idleCpu) / IDLE_MS;
  const rssKibPerListener = ((await rssOf(feed.pid)) - rssBefore) / tokens.length;

  const readsBefore = await feed.databaseReads();
  const cpuBefore = await cpuOf(feed.pid);
  const startedAt = performance.now();
  const fromAcknowledgement: number[] = [];
  const fromSending: number[] = [];
  let refused = 0;
  for (let vote = 0; vote < VOTES; vote += 1) {
    const sent = await broadcastOrRefused(feed);
    if (sent === undefined) refused += 1;
    else {
      for (const at of await listeners.arrivalsOf(sent.votes)) {
        fromAcknowledgement.push(at - sent.acknowledgedAt);
        fromSending.push(at - sent.sentAt);
      }
    }
    await sleep(PAUSE_MS);
  }
  const idleCpuMs = idleCpuPerMs * (performance.now() - startedAt);
  const cpuMs = (await cpuOf(feed.pid)) - cpuBefore - idleCpuMs;
  const changes = VOTES - refused;
  fromAcknowledgement.sort((a, b) => a - b);
  fromSending.sort((a, b) => a - b);
  return {
    openSeconds,
    p50: quantile(fromAcknowledgement, 0.5),
    p99: quantile(fromAcknowledgement, 0.99),
    p99FromSending: quantile(fromSending, 0.99),
    arrived: fromSending.length / (changes * tokens.length),
    refused,
    cpuMicrosecondsPerDelivery: (cpuMs * 1_000) / fromSending.length,
    rssKibPerListener,
    readsPerChange: ((await feed.databaseReads()) - readsBefore) / changes,
  };
}

/** @returns undefined when the API refused the vote, as it does when its event loop lags */
async function broadcastOrRefused(feed: Feed): Promise<Broadcast | undefined> {
  try {
    return await feed.broadcast();
  } catch (error) {
    if (reasonOf(error) === 'UNAVAILABLE') return undefined;
    throw error;
  }
}
