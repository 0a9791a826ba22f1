import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisClientType } from '@redis/client';
import type { Logger } from './observability/logger.ts';

export type Redis = RedisClientType;

/** After this time the server starts without Redis, and keeps connecting. */
const START_TIMEOUT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 2_000;
/** Ends a connection attempt that Redis accepts but does not answer. */
const SOCKET_TIMEOUT_MS = 10_000;
const RECONNECT_AFTER_MS = 500;
/** Further commands without a response fail immediately. */
const MAX_QUEUED_COMMANDS = 10_000;

/** A write: a full or read-only Redis answers PING. */
const PROBE = { key: 'classroom:probe', ttl: { type: 'EX', value: 60 } } as const;
const PROBE_INTERVAL_MS = 2_000;
/** Redis does not respond when this many probes in a row have no answer. */
const MAX_UNANSWERED = 2;

export interface RedisConnection extends AsyncDisposable {
  client: Redis;
}

/**
 * Connects to Redis, and reconnects until disposed. While disconnected, commands fail immediately. Logs
 * when Redis stops responding or accepting writes, and when it does again.
 */
export async function openRedis(url: string, logger: Logger): Promise<RedisConnection> {
  // Loaded on demand: most processes have no Redis.
  const { createClient } = await import('@redis/client');
  const client: Redis = createClient({
    url,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_QUEUED_COMMANDS,
    socket: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SOCKET_TIMEOUT_MS,
      reconnectStrategy: RECONNECT_AFTER_MS,
    },
  });

  let isAvailable = true;
  const setAvailable = (error?: unknown) => {
    if (isAvailable === (error === undefined)) return;
    isAvailable = !isAvailable;
    if (isAvailable) logger.info('Redis is available again');
    else logger.warn({ err: error }, 'Redis is unavailable');
  };

  let unanswered = 0;
  const probe = async () => {
    if (!client.isReady) return;
    if (unanswered === MAX_UNANSWERED) return reconnect();
    unanswered += 1;
    try {
      await client.set(PROBE.key, '', { expiration: PROBE.ttl });
      setAvailable();
    } catch (error) {
      // Otherwise the connection has ended, which is reported once.
      if (client.isReady) setAvailable(error);
    }
    unanswered = 0;
  };
  /** Replaces a connection without responses, which TCP would keep for up to a quarter of an hour. */
  const reconnect = () => {
    unanswered = 0;
    setAvailable(new Error('Redis does not respond'));
    client.destroy();
    client.connect().catch(() => {});
  };
  // Emitted for every attempt. Without a listener, the event would end the process.
  client.on('error', setAvailable);
  client.on('ready', () => {
    unanswered = 0;
    void probe();
  });

  const probing = setInterval(() => void probe(), PROBE_INTERVAL_MS).unref();
  const connected = client.connect().catch(() => {});
  await Promise.race([connected, sleep(START_TIMEOUT_MS)]);
  return {
    client,
    async [Symbol.asyncDispose]() {
      clearInterval(probing);
      if (client.isOpen) client.destroy();
    },
  };
}
