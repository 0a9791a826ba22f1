import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisClientType } from '@redis/client';
import type { Logger } from '../observability/logger.ts';

export type Redis = RedisClientType;

/** The server then starts without Redis and keeps connecting. */
const START_TIMEOUT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 2_000;
const PING_INTERVAL_MS = 30_000;
/** Further commands without a response fail immediately. */
const MAX_QUEUED_COMMANDS = 10_000;

export interface RedisConnection extends AsyncDisposable {
  client: Redis;
}

/** Connects to Redis, and reconnects until disposed. While disconnected, commands fail immediately. */
export async function openRedis(url: string, logger: Logger): Promise<RedisConnection> {
  // Loaded on demand: most processes have no Redis.
  const { createClient } = await import('@redis/client');
  const client: Redis = createClient({
    url,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_QUEUED_COMMANDS,
    pingInterval: PING_INTERVAL_MS,
    socket: { connectTimeout: CONNECT_TIMEOUT_MS },
  });

  let isDisconnected = false;
  // Emitted for every attempt. Without a listener, the event would end the process.
  client.on('error', (err: unknown) => {
    if (!isDisconnected) {
      logger.warn({ err }, 'Redis is unreachable; this process counts rate limits in memory');
    }
    isDisconnected = true;
  });
  client.on('ready', () => {
    if (isDisconnected) logger.info('Redis is reachable again');
    isDisconnected = false;
  });
  const connected = client.connect().catch(() => {});
  await Promise.race([connected, sleep(START_TIMEOUT_MS)]);
  return {
    client,
    async [Symbol.asyncDispose]() {
      if (client.isOpen) client.destroy();
    },
  };
}
