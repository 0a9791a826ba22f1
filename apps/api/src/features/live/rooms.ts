import { setInterval } from 'node:timers/promises';
import { type Database, findSequenceNumbers, hasRole } from '@classroom/db';
import { DomainError } from '../../errors.ts';
import { type PeerMessage, openPeerChannel } from './peer-channel.ts';
import { createPeerPresence } from './peer-presence.ts';
import { type Room, type RoomObserver, type Subscription, createRoom } from './room.ts';
import type { StreamCaps } from './stream-caps.ts';

export interface RoomsOptions {
  db: Database;
  /** The URL of the same database, for the connection that listens. */
  url: string;
  caps: StreamCaps;
  /** The limit of streams per session, in all processes. */
  maxPerSession: number;
  observer?: LiveObserver | undefined;
  onError: (error: unknown) => void;
  /** Milliseconds between two polls of all rooms (4,000). */
  pollIntervalMs?: number;
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
}

/** The share of a session's streams that is reserved for the host and moderators. */
const RESERVED_SHARE = 0.01;
/** Finds changes whose notification was lost: one statement for all rooms. */
const POLL_INTERVAL_MS = 4_000;
/** The minimum time between two presence events of a session. */
const PRESENCE_INTERVAL_MS = 500;

/** Keeps the rooms up to date until `signal` aborts. All of their state comes from the database. */
export function openRooms(options: RoomsOptions, signal: AbortSignal): Rooms {
  const { db, url, caps, maxPerSession, observer, onError } = options;
  const { pollIntervalMs = POLL_INTERVAL_MS } = options;
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
    }, PRESENCE_INTERVAL_MS).unref();
  };
  const countChanged = (change: 1 | -1, sessionId: number, room: Room) => {
    count += change;
    observer?.onCount(count);
    channel.publishPresence(sessionId, room.presence());
    schedulePresence(sessionId);
  };

  const onMessage = ({ from, changed, listening }: PeerMessage) => {
    for (const sessionId of changed) rooms.get(sessionId)?.schedulePoll();
    for (const [sessionId, present, participants = present, streams = present] of listening) {
      const room = rooms.get(sessionId);
      if (room === undefined) continue;
      const isNew = peers.set(sessionId, from, { listening: present, participants, streams });
      // A process that has just started has not received the count of this one.
      if (isNew) channel.publishPresence(sessionId, room.presence());
      schedulePresence(sessionId);
    }
  };
  const pollAll = () => {
    for (const room of rooms.values()) room.schedulePoll();
  };
  const pollChanged = async () => {
    const found = await findSequenceNumbers(db, [...rooms.keys()]);
    const numbers = new Map(found.map(({ id, change_number }) => [id, change_number]));
    for (const [sessionId, room] of rooms) {
      if (numbers.get(sessionId) !== room.cursor) room.schedulePoll();
      channel.publishPresence(sessionId, room.presence());
      // The presence of a process that has died expires.
      schedulePresence(sessionId);
    }
  };
  const pollRegularly = async () => {
    for await (const _ of setInterval(pollIntervalMs, undefined, { signal, ref: false })) {
      if (rooms.size > 0) await pollChanged().catch(onError);
    }
  };

  const channel = openPeerChannel({ db, url, onMessage, onListening: pollAll, onError }, signal);
  pollRegularly().catch(() => {});

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
      const room = rooms.get(sessionId) ?? createRoom(db, sessionId, onError, observer);
      rooms.set(sessionId, room);
      room.add(subscription);
      countChanged(1, sessionId, room);
      return room;
    },
    unsubscribe(subscription) {
      const { sessionId } = subscription;
      const room = rooms.get(sessionId);
      if (room?.delete(subscription) !== true) return;
      caps.delete(subscription);
      countChanged(-1, sessionId, room);
      if (room.subscriptions.size > 0) return;
      rooms.delete(sessionId);
      peers.delete(sessionId);
    },
    schedulePresence,
    count: () => count,
  };
}
