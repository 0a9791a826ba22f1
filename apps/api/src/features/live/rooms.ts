import { setInterval } from 'node:timers/promises';
import { type Database, findSequenceNumbers, hasRole } from '@classroom/db';
import { DomainError } from '../../errors.ts';
import type { Redis } from '../../redis.ts';
import { createPresencePublisher } from './presence-publisher.ts';
import { openNotifyChannel } from './notify-channel.ts';
import type { PeerChannel, PeerChannelOptions, PeerMessage } from './peer-channel.ts';
import { createPeerPresence } from './peer-presence.ts';
import { openRedisChannel } from './redis-channel.ts';
import {
  type ProcessPresence,
  type Room,
  type RoomObserver,
  type Subscription,
  createRoom,
} from './room.ts';
import type { StreamCaps } from './stream-caps.ts';

export interface RoomsOptions {
  db: Database;
  /** The URL of the same database, for the connection that listens. */
  url: string;
  /** Connects the processes in place of NOTIFY. All processes of the database need the same. */
  redis?: Redis | undefined;
  caps: StreamCaps;
  /** The limit of streams per session, in all processes. */
  maxPerSession: number;
  observer?: LiveObserver | undefined;
  onError: (error: unknown) => void;
  /** Milliseconds between two polls of all rooms (4,000). */
  pollIntervalMs?: number;
  /** Milliseconds after which the presence is published again (15,000). */
  presenceIntervalMs?: number;
}

export interface LiveObserver extends RoomObserver {
  /** The number of subscriptions in this process has changed. */
  onCount: (count: number) => void;
}

/** The sessions with subscriptions in this process. */
export interface Rooms {
  /** Polls the session here and in all other processes. */
  notifyChanged: (sessionId: number) => void;
  /**
   * Adds a subscription to its session's room until `unsubscribe`.
   *
   * @throws DomainError SESSION_FULL, RATE_LIMITED
   */
  subscribe: (subscription: Subscription) => Room;
  unsubscribe: (subscription: Subscription) => void;
  /** Publishes the presence soon, to subscriptions that have received their backlog. */
  schedulePresence: (sessionId: number) => void;
  /** Subscriptions in this process. */
  count: () => number;
  drain: PeerChannel['drain'];
}

/** The share of a session's streams that is reserved for the host and moderators. */
const RESERVED_SHARE = 0.01;
/** Finds changes whose notification was lost: one statement for all rooms. */
const POLL_INTERVAL_MS = 4_000;
/** Replaces presences whose message was lost: processes forget those of a silent process. */
const PRESENCE_INTERVAL_MS = 15_000;
/** The minimum time between two presence events of a session. */
const PRESENCE_EVENT_INTERVAL_MS = 500;
const NOBODY: ProcessPresence = { listening: 0, participants: 0, streams: 0 };

/** Keeps the rooms up to date until `signal` aborts. All of their state comes from the database. */
export function openRooms(options: RoomsOptions, signal: AbortSignal): Rooms {
  const { db, url, redis, caps, maxPerSession, observer, onError } = options;
  const { pollIntervalMs = POLL_INTERVAL_MS, presenceIntervalMs = PRESENCE_INTERVAL_MS } = options;
  const rooms = new Map<number, Room>();
  const peers = createPeerPresence();
  const presenceScheduled = new Set<number>();
  let count = 0;

  const streamsOf = (sessionId: number) =>
    (rooms.get(sessionId)?.subscriptions.size ?? 0) + peers.total(sessionId).streams;
  const schedulePresence = (sessionId: number) => {
    if (presenceScheduled.has(sessionId)) return;
    presenceScheduled.add(sessionId);
    setTimeout(() => {
      presenceScheduled.delete(sessionId);
      const room = rooms.get(sessionId);
      if (room === undefined) return;
      const here = room.presence();
      const elsewhere = peers.total(sessionId);
      room.publishPresence({
        listening: here.listening + elsewhere.listening,
        participants: here.participants + elsewhere.participants,
      });
    }, PRESENCE_EVENT_INTERVAL_MS).unref();
  };
  const openRoom = (sessionId: number) => {
    const room = createRoom(db, sessionId, onError, observer);
    rooms.set(sessionId, room);
    // Before its presence is published, so that the answers of other processes arrive.
    channel.subscribe(sessionId);
    return room;
  };
  const countChanged = (change: 1 | -1, sessionId: number) => {
    count += change;
    observer?.onCount(count);
    publisher.publishIfChanged(sessionId);
    schedulePresence(sessionId);
  };

  const onMessage = ({ from, changed, listening }: PeerMessage) => {
    for (const sessionId of changed) rooms.get(sessionId)?.schedulePoll();
    for (const [sessionId, present, participants = present, streams = present] of listening) {
      if (!rooms.has(sessionId)) continue;
      const isNew = peers.set(sessionId, from, { listening: present, participants, streams });
      // A process that has just started has not received the count of this one.
      if (isNew) publisher.publish(sessionId);
      schedulePresence(sessionId);
    }
  };
  const publishAll = () => {
    for (const sessionId of rooms.keys()) publisher.publish(sessionId);
  };
  const pollChanged = async () => {
    if (rooms.size === 0) return;
    const found = await findSequenceNumbers(db, [...rooms.keys()]);
    const numbers = new Map(found.map(({ id, change_number }) => [id, change_number]));
    for (const [sessionId, room] of rooms) {
      if (numbers.get(sessionId) !== room.cursor) room.schedulePoll();
      // The presence of a process that has died expires.
      schedulePresence(sessionId);
    }
  };
  const poll = () => pollChanged().catch(onError);
  const every = async (ms: number, run: () => unknown) => {
    for await (const _ of setInterval(ms, undefined, { signal, ref: false })) await run();
  };
  const onListening = () => {
    publishAll();
    void poll();
  };

  const channelOptions: PeerChannelOptions = { onMessage, onListening, onError };
  const channel =
    redis === undefined
      ? openNotifyChannel({ db, url, ...channelOptions }, signal)
      : openRedisChannel({ redis, ...channelOptions }, signal);
  const publisher = createPresencePublisher(
    (sessionId) => rooms.get(sessionId)?.presence() ?? NOBODY,
    channel.publishPresence,
  );
  every(pollIntervalMs, poll).catch(() => {});
  every(presenceIntervalMs, publishAll).catch(() => {});

  return {
    notifyChanged(sessionId) {
      rooms.get(sessionId)?.schedulePoll();
      channel.publishChange(sessionId);
    },
    subscribe(subscription) {
      const { sessionId, role } = subscription;
      const reserved = hasRole(role, 'moderator') ? 0 : Math.floor(maxPerSession * RESERVED_SHARE);
      if (streamsOf(sessionId) >= maxPerSession - reserved) {
        throw new DomainError('SESSION_FULL', { limit: maxPerSession });
      }
      caps.add(subscription);
      const room = rooms.get(sessionId) ?? openRoom(sessionId);
      room.add(subscription);
      countChanged(1, sessionId);
      return room;
    },
    unsubscribe(subscription) {
      const { sessionId } = subscription;
      const room = rooms.get(sessionId);
      if (room?.delete(subscription) !== true) return;
      caps.delete(subscription);
      countChanged(-1, sessionId);
      if (room.subscriptions.size > 0) return;
      channel.unsubscribe(sessionId);
      rooms.delete(sessionId);
      peers.delete(sessionId);
    },
    schedulePresence,
    count: () => count,
    drain: channel.drain,
  };
}
