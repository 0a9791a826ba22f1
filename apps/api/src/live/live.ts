import { setInterval } from 'node:timers/promises';
import { type Database, findChangeNumbers } from '@classroom/db';
import { openChannel } from './channel.ts';
import type { Message } from './message.ts';
import { createPresence } from './presence.ts';
import { createRoom, type Listener, type Room } from './room.ts';

export interface LiveOptions {
  db: Database;
  /** Of the same database, for the connection that listens. */
  url: string;
  onError: (error: unknown) => void;
}

/** The live feed of this process. */
export interface Live {
  /** To be called after every change of a session: wakes its listeners, here and elsewhere. */
  announce: (sessionId: number) => void;
  /** Lets somebody listen; what changes from then on they hear. */
  enter: (sessionId: number, listener: Listener) => Room;
  leave: (sessionId: number, listener: Listener) => void;
  /** How many listen in this process. */
  listeners: () => number;
  /** How often this process has read the changes of a session, for however many listeners. */
  reads: () => number;
  /** From now on tells how many seconds after its making each change was read for its listeners. */
  onLag: (observe: (seconds: number) => void) => void;
}

/** Who misses a message looks by themselves this often: one read for all sessions. */
const LOOK_EVERY_MS = 4_000;
/** Presence is told at most this often, however many come and go. */
const PRESENCE_PAUSE_MS = 500;

/** Opens the live feed, until `signal` says so. It keeps nothing that the database does not have. */
export function openLive({ db, url, onError }: LiveOptions, signal: AbortSignal): Live {
  const rooms = new Map<number, Room>();
  const presence = createPresence();
  const telling = new Set<number>();
  let reads = 0;
  let observeLag = (_seconds: number) => {};
  const roomEvents = {
    onRead: () => void (reads += 1),
    onChange: (secondsSince: number) => observeLag(secondsSince),
    onError,
  };

  const tellPresence = (sessionId: number) => {
    if (telling.has(sessionId)) return;
    telling.add(sessionId);
    setTimeout(() => {
      telling.delete(sessionId);
      const listeners = rooms.get(sessionId)?.listeners ?? new Set();
      const listening = listeners.size + presence.elsewhere(sessionId);
      for (const listener of listeners) listener.onPresence(listening);
    }, PRESENCE_PAUSE_MS).unref();
  };
  const changePresence = (sessionId: number, count: number) => {
    channel.sayListening(sessionId, count);
    tellPresence(sessionId);
  };

  const onMessage = ({ from, changed, listening }: Message) => {
    for (const sessionId of changed) rooms.get(sessionId)?.wake();
    for (const [sessionId, count] of listening) {
      const room = rooms.get(sessionId);
      if (room === undefined) continue;
      const isNew = presence.set(sessionId, from, count);
      // A process that has just come does not know of ours.
      if (isNew) channel.sayListening(sessionId, room.listeners.size);
      tellPresence(sessionId);
    }
  };
  const wakeAll = () => {
    for (const room of rooms.values()) room.wake();
  };
  const look = async () => {
    const found = await findChangeNumbers(db, [...rooms.keys()]);
    const numbers = new Map(found.map(({ id, change_number }) => [id, change_number]));
    for (const [sessionId, room] of rooms) {
      if (numbers.get(sessionId) !== room.heard) room.wake();
      channel.sayListening(sessionId, room.listeners.size);
    }
  };
  const lookRegularly = async () => {
    for await (const _ of setInterval(LOOK_EVERY_MS, undefined, { signal, ref: false })) {
      if (rooms.size > 0) await look().catch(onError);
    }
  };

  const channel = openChannel({ db, url, onMessage, onListening: wakeAll, onError }, signal);
  lookRegularly().catch(() => {});

  return {
    announce(sessionId) {
      rooms.get(sessionId)?.wake();
      channel.sayChanged(sessionId);
    },
    enter(sessionId, listener) {
      const room = rooms.get(sessionId) ?? createRoom(db, sessionId, roomEvents);
      rooms.set(sessionId, room);
      room.listeners.add(listener);
      changePresence(sessionId, room.listeners.size);
      return room;
    },
    leave(sessionId, listener) {
      const room = rooms.get(sessionId);
      if (room?.listeners.delete(listener) !== true) return;
      changePresence(sessionId, room.listeners.size);
      if (room.listeners.size > 0) return;
      rooms.delete(sessionId);
      presence.forget(sessionId);
    },
    listeners: () => [...rooms.values()].reduce((sum, room) => sum + room.listeners.size, 0),
    reads: () => reads,
    onLag: (observe) => {
      observeLag = observe;
    },
  };
}
