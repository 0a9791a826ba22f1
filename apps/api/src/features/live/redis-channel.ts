import type { Redis } from '../../redis.ts';
import {
  type Batch,
  type PeerChannel,
  type PeerChannelOptions,
  createBatcher,
  createMessageCodec,
} from './peer-channel.ts';

export interface RedisChannelOptions extends PeerChannelOptions {
  redis: Redis;
}

/** Leaves room for other commands in between. */
const COMMANDS_AT_ONCE = 1_000;

/**
 * Connects the processes by the pub/sub of Redis until `signal` aborts, with one channel per session. A
 * process receives the messages of the sessions to which it has subscribed.
 */
export function openRedisChannel(options: RedisChannelOptions, signal: AbortSignal): PeerChannel {
  const { redis, onMessage, onListening } = options;
  const { encode, decode } = createMessageCodec();
  // Without a timer per command: the probe ends a connection on which commands wait.
  const publisher = redis.withCommandOptions({ timeout: 0 });
  const subscribed = new Set<string>();
  /** Redis has sharded pub/sub from version 7 on. Undefined before the first connection. */
  let isSharded: boolean | undefined;
  let hasFailed = false;

  const onError = (error: unknown) => {
    // Otherwise the connection has ended, and the messages are lost.
    if (!redis.isReady || hasFailed) return;
    // Once per connection: a user without permission would fail for each message.
    hasFailed = true;
    options.onError(error);
  };

  const send = async (batch: Batch) => {
    const messages = [...toMessages(batch)];
    for (let start = 0; start < messages.length; start += COMMANDS_AT_ONCE) {
      if (!redis.isReady || isSharded === undefined) return;
      const publish = async ([sessionId, message]: [number, Batch]) => {
        const [channel, payload] = [channelOf(sessionId), encode(message)];
        await (isSharded === true
          ? publisher.sPublish(channel, payload)
          : publisher.publish(channel, payload));
      };
      await Promise.all(messages.slice(start, start + COMMANDS_AT_ONCE).map(publish));
    }
  };

  const onPayload = (payload: string, channel: string) => {
    if (subscribed.has(channel)) {
      const message = decode(payload);
      if (message !== undefined) onMessage(message);
    } else {
      // The connection ended before it could unsubscribe, and the client has subscribed again.
      void unsubscribe(channel);
    }
  };
  const subscribe = async (channel: string) => {
    await (
      isSharded === true
        ? redis.sSubscribe(channel, onPayload)
        : redis.subscribe(channel, onPayload)
    ).catch(onError);
  };
  const unsubscribe = async (channel: string) => {
    await (
      isSharded === true
        ? redis.sUnsubscribe(channel, onPayload)
        : redis.unsubscribe(channel, onPayload)
    ).catch(onError);
  };
  const subscribeAll = async () => {
    hasFailed = false;
    const [command] = await redis.commandInfo(['spublish']);
    isSharded = command !== null;
    await Promise.all([...subscribed].map(subscribe));
    onListening();
  };
  const onReady = () => void subscribeAll().catch(onError);
  redis.on('ready', onReady);
  signal.addEventListener('abort', () => redis.off('ready', onReady), { once: true });
  if (redis.isReady) onReady();

  return {
    ...createBatcher(send, onError, signal),
    subscribe(sessionId) {
      const channel = channelOf(sessionId);
      subscribed.add(channel);
      if (redis.isReady && isSharded !== undefined) void subscribe(channel);
    },
    unsubscribe(sessionId) {
      const channel = channelOf(sessionId);
      subscribed.delete(channel);
      if (redis.isReady && isSharded !== undefined) void unsubscribe(channel);
    },
  };
}

/** In braces, the part that decides the shard. */
function channelOf(sessionId: number): string {
  return `classroom:live:{${sessionId}}`;
}

/** Splits a batch into one message per session. */
function toMessages({ changed, listening }: Batch): Map<number, Batch> {
  const messages = new Map<number, Batch>();
  for (const sessionId of changed) messages.set(sessionId, { changed: [sessionId], listening: [] });
  for (const presence of listening) {
    const [sessionId] = presence;
    const message = messages.get(sessionId) ?? { changed: [], listening: [] };
    messages.set(sessionId, { ...message, listening: [presence] });
  }
  return messages;
}
