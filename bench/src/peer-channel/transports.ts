import { openNotifyChannel } from '@classroom/api/live/notify-channel';
import type { PeerChannel, PeerChannelOptions } from '@classroom/api/live/peer-channel';
import { openRedisChannel } from '@classroom/api/live/redis-channel';
import { createLogger } from '@classroom/api/logger';
import { openRedis } from '@classroom/api/redis';
import { createDatabase } from '@classroom/db';
import { sql } from 'kysely';
import { cpuOf } from '../live-feed/feed.ts';
import type { BenchmarkRedis } from './start-redis.ts';

/** A way in which processes exchange hints. */
export interface Transport {
  name: string;
  /** Opens the channel of a simulated process, with connections of its own. */
  open: (
    onMessage: PeerChannelOptions['onMessage'],
    stack: AsyncDisposableStack,
  ) => Promise<PeerChannel>;
  /** CPU time of the server so far, in milliseconds. */
  serverCpuMs: () => Promise<number>;
}

/** The processes share them for publishing, because PostgreSQL allows a hundred. */
const CONNECTIONS = 16;

/** Opens a channel until the stack is disposed, and waits until it listens. */
async function untilListening(
  openChannel: (options: PeerChannelOptions, signal: AbortSignal) => PeerChannel,
  onMessage: PeerChannelOptions['onMessage'],
  stack: AsyncDisposableStack,
): Promise<PeerChannel> {
  const stop = new AbortController();
  stack.defer(() => stop.abort());
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const channel = openChannel({ onMessage, onListening: resolve, onError: reject }, stop.signal);
  await promise;
  return channel;
}

export function overNotify(url: string, everything: AsyncDisposableStack): Transport {
  const db = everything.use(createDatabase(url, { max: CONNECTIONS }));
  return {
    name: 'NOTIFY',
    async open(onMessage, stack) {
      return await untilListening(
        (options, signal) => openNotifyChannel({ db, url, ...options }, signal),
        onMessage,
        stack,
      );
    },
    async serverCpuMs() {
      const { rows } = await sql<{ pid: number }>`select pid from pg_stat_activity`.execute(db);
      return await sumOfCpu(rows.map(({ pid }) => pid));
    },
  };
}

export function overRedis({ url, pid }: BenchmarkRedis): Transport {
  return {
    name: 'Redis',
    async open(onMessage, stack) {
      const { client: redis } = stack.use(await openRedis(url, createLogger('silent')));
      return await untilListening(
        (options, signal) => openRedisChannel({ redis, ...options }, signal),
        onMessage,
        stack,
      );
    },
    serverCpuMs: async () => await sumOfCpu([pid]),
  };
}

async function sumOfCpu(pids: readonly number[]): Promise<number> {
  // The backend that listed them may have ended.
  const times = await Promise.all(pids.map(async (pid) => await cpuOf(pid).catch(() => 0)));
  return times.reduce((sum, time) => sum + time, 0);
}
