import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisClientType } from '@redis/client';
import type { Logger } from '../observability/logger.ts';

export type Redis = RedisClientType;

/** How long a start waits for it. */
const START_TIMEOUT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 2_000;
const PING_EVERY_MS = 30_000;
/** More commands without an answer than this, and Redis counts as away. */
const MAX_COMMANDS = 10_000;

/**
 * A connection to Redis that comes back by itself. That it is away is no error: commands are then
 * refused at once, and it is logged when it goes and when it comes.
 */
export async function openRedis(
  url: string,
  logger: Logger,
  stack: AsyncDisposableStack,
): Promise<Redis> {
  // Only here: most processes have no Redis.
  const { createClient } = await import('@redis/client');
  const client: Redis = createClient({
    url,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_COMMANDS,
    pingInterval: PING_EVERY_MS,
    socket: { connectTimeout: CONNECT_TIMEOUT_MS },
  });

  let isAway = false;
  // Without a listener the first error would end the process; it comes with every attempt.
  client.on('error', (err: unknown) => {
    if (!isAway) logger.warn({ err }, 'Redis is away; this process counts for itself');
    isAway = true;
  });
  client.on('ready', () => {
    if (isAway) logger.info('Redis is back');
    isAway = false;
  });
  stack.defer(() => {
    if (client.isOpen) client.destroy();
  });
  // It goes on trying after this has given up waiting.
  const connected = client.connect().catch(() => {});
  await Promise.race([connected, sleep(START_TIMEOUT_MS)]);
  return client;
}
