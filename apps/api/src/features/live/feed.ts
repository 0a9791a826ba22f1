import { setInterval } from 'node:timers/promises';
import { type Database, findSequenceNumbers } from '@classroom/db';
import pLimit from 'p-limit';
import { DomainError } from '../../errors.ts';
import { type PeerMessage, openPeerChannel } from './peer-channel.ts';
import { createPeerPresence } from './peer-presence.ts';
import { type Member, type Room, createRoom } from './room.ts';
import type { StreamCaller, StreamCaps } from './stream-caps.ts';

export interface LiveFeedOptions {
  db: Database;
  /** The URL of the same database, for the connection that listens. */
  url: string;
  caps: StreamCaps;
  /** Streams that one session may have, in all processes. */
  maxPerSession: number;
  onError: (error: unknown) => void;
}

/** The live feed of this process. It keeps no state that the database does not have. */
export interface LiveFeed {
  /** To be called after the commit of a change: rooms here and in other processes read it. */
  notifyChanged: (sessionId: number) => void;
  /**
   * Adds a member to the room of a session until `leave`.
   *
   * @throws DomainError SESSION_FULL, RATE_LIMITED when there are too many streams
   */
  join: (sessionId: number, member: Member, caller: StreamCaller) => Room;
  leave: (sessionId: number, member: Member, caller: StreamCaller) => void;
  /** To be called when a member has its backlog: before, it receives no presence. */
  schedulePresence: (sessionId: number) => void;
  /** Runs a step of opening a stream when few others are under way. */
  limitOpening: <Result>(step: () => Promise<Result>) => Promise<Result>;
  /** Streams that are open in this process. */
  count: () => number;
  /** Reads of changes in this process, each for all members of a room. */
  reads: () => number;
  /** Calls `observe` with the seconds from each change to its being read. */
  onLag: (observe: (seconds: number) => void) => void;
}

/** This share of a session's streams is reserved for the host: participants cannot use them all. */
const HOST_SHARE = 0.01;
/** Keeps a thousand streams that open at once from filling the queue for database connections. */
const OPENING_CONCURRENCY = 4;
/** Finds changes whose notification was lost: one statement for all rooms. */
const POLL_ALL_INTERVAL_MS = 4_000;
/** Presence is published at most this often, however many members come and go. */
const PRESENCE_INTERVAL_MS = 500;

/** Opens the live feed until `signal` aborts. */
export function openLiveFeed(options: LiveFeedOptions, signal: AbortSignal): LiveFeed {
  const { db, url, caps, maxPerSession, onError } = options;
  const rooms = new Map<number, Room>();
  const peers = createPeerPresence();
  const presenceScheduled = new Set<number>();
  const limitOpening = pLimit(OPENING_CONCURRENCY);
  let count = 0;
  let reads = 0;
  let observeLag = (_seconds: number) => {};
  const observer = {
    onRead: () => void (reads += 1),
    onChange: (secondsSince: number) => observeLag(secondsSince),
    onError,
  };

  const streamsOf = (sessionId: number) =>
    (rooms.get(sessionId)?.members.size ?? 0) + peers.count(sessionId);
  const schedulePresence = (sessionId: number) => {
    if (presenceScheduled.has(sessionId)) return;
    presenceScheduled.add(sessionId);
    setTimeout(() => {
      presenceScheduled.delete(sessionId);
      rooms.get(sessionId)?.publishPresence(streamsOf(sessionId));
    }, PRESENCE_INTERVAL_MS).unref();
  };
  const presenceChanged = (sessionId: number, room: Room) => {
    channel.publishPresence(sessionId, room.members.size);
    schedulePresence(sessionId);
  };

  const onMessage = ({ from, changed, listening }: PeerMessage) => {
    for (const sessionId of changed) rooms.get(sessionId)?.schedulePoll();
    for (const [sessionId, streams] of listening) {
      const room = rooms.get(sessionId);
      if (room === undefined) continue;
      const isNew = peers.set(sessionId, from, streams);
      // A process that has just started does not know ours.
      if (isNew) channel.publishPresence(sessionId, room.members.size);
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
      channel.publishPresence(sessionId, room.members.size);
    }
  };
  const pollRegularly = async () => {
    for await (const _ of setInterval(POLL_ALL_INTERVAL_MS, undefined, { signal, ref: false })) {
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
    join(sessionId, member, caller) {
      const reserved = member.role === 'host' ? 0 : Math.floor(maxPerSession * HOST_SHARE);
      if (streamsOf(sessionId) >= maxPerSession - reserved) {
        throw new DomainError('SESSION_FULL', { limit: maxPerSession });
      }
      caps.add(member, caller);
      const room = rooms.get(sessionId) ?? createRoom(db, sessionId, observer);
      rooms.set(sessionId, room);
      room.members.add(member);
      count += 1;
      presenceChanged(sessionId, room);
      return room;
    },
    leave(sessionId, member, caller) {
      const room = rooms.get(sessionId);
      if (room?.members.delete(member) !== true) return;
      caps.delete(member, caller);
      count -= 1;
      presenceChanged(sessionId, room);
      if (room.members.size > 0) return;
      rooms.delete(sessionId);
      peers.delete(sessionId);
    },
    schedulePresence,
    limitOpening: (step) => limitOpening(step),
    count: () => count,
    reads: () => reads,
    onLag: (observe) => {
      observeLag = observe;
    },
  };
}
