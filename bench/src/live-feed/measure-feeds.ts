import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '@classroom/client';
import { quantile } from '../statistics.ts';
import { type Broadcast, type Feed, cpuOf, rssOf } from './feed.ts';
import { startListeners } from './start-listeners.ts';

const WARM_UP_VOTES = 5;
const VOTES = 25;
const PAUSE_MS = 300;
/** V8 needs up to this long to return the memory of the previous phase. */
const IDLE_MS = 20_000;

export interface FeedResult {
  openSeconds: number;
  /** Milliseconds from the vote's acknowledgement to its arrival at a listener. */
  p50: number;
  p99: number;
  /** The same from sending the vote, in case its acknowledgement waits for the broadcast. */
  p99FromSending: number;
  /** Share of the deliveries that arrived. */
  arrived: number;
  /** Votes refused with UNAVAILABLE. */
  refused: number;
  cpuMicrosecondsPerDelivery: number;
  rssKibPerListener: number;
  readsPerChange: number;
}

interface Measurement {
  /** Begins after `IDLE_MS` without broadcasts. */
  begin: () => Promise<void>;
  vote: () => Promise<void>;
  end: () => Promise<FeedResult>;
}

/** Votes on all feeds in turn, so that other load on the machine affects each of them. */
export async function measureFeeds(
  feeds: readonly Feed[],
  tokens: readonly string[],
): Promise<FeedResult[]> {
  await using stack = new AsyncDisposableStack();
  await sleep(IDLE_MS);
  const measurements: Measurement[] = [];
  for (const feed of feeds) measurements.push(await openFeed(feed, tokens, stack));
  const voteInTurn = async (times: number) => {
    for (let time = 0; time < times; time += 1) {
      for (const { vote } of measurements) {
        await vote();
        await sleep(PAUSE_MS);
      }
    }
  };
  await voteInTurn(WARM_UP_VOTES);
  await Promise.all(measurements.map(({ begin }) => begin()));
  await voteInTurn(VOTES);
  return await Promise.all(measurements.map(({ end }) => end()));
}

async function openFeed(
  feed: Feed,
  tokens: readonly string[],
  stack: AsyncDisposableStack,
): Promise<Measurement> {
  const rssBefore = await rssOf(feed.pid);
  const openedAt = performance.now();
  const listeners = await startListeners({ url: feed.url, tokens }, stack);
  const openSeconds = (performance.now() - openedAt) / 1_000;

  const fromAcknowledgement: number[] = [];
  const fromSending: number[] = [];
  let changes = 0;
  let refused = 0;
  let start = { at: 0, cpuMs: 0, reads: 0, idleCpuPerMs: 0, rss: 0 };
  return {
    async begin() {
      const idleCpuMs = await cpuOf(feed.pid);
      await sleep(IDLE_MS);
      const idleCpuPerMs = ((await cpuOf(feed.pid)) - idleCpuMs) / IDLE_MS;
      const rss = await rssOf(feed.pid);
      const reads = await feed.databaseReads();
      fromAcknowledgement.length = 0;
      fromSending.length = 0;
      changes = 0;
      refused = 0;
      start = { at: performance.now(), cpuMs: await cpuOf(feed.pid), reads, idleCpuPerMs, rss };
    },
    async vote() {
      const sent = await broadcastOrRefused(feed);
      if (sent === undefined) {
        refused += 1;
        return;
      }
      changes += 1;
      for (const at of await listeners.arrivalsOf(sent.votes)) {
        fromAcknowledgement.push(at - sent.acknowledgedAt);
        fromSending.push(at - sent.sentAt);
      }
    },
    async end() {
      const idleCpuMs = start.idleCpuPerMs * (performance.now() - start.at);
      const cpuMs = (await cpuOf(feed.pid)) - start.cpuMs - idleCpuMs;
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
        rssKibPerListener: (start.rss - rssBefore) / tokens.length,
        readsPerChange: ((await feed.databaseReads()) - start.reads) / changes,
      };
    },
  };
}

/** @returns undefined when the API refused the vote, because its event loop was late */
async function broadcastOrRefused(feed: Feed): Promise<Broadcast | undefined> {
  try {
    return await feed.broadcast();
  } catch (error) {
    if (reasonOf(error) === 'UNAVAILABLE') return undefined;
    throw error;
  }
}
