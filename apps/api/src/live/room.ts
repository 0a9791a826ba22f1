import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, findSessionChanges, type SessionChanges } from '@classroom/db';

/** Somebody who listens to a session, in this process. */
export interface Listener {
  participantId: number;
  onChanges: (changes: SessionChanges) => void;
  onPresence: (listening: number) => void;
  /** They are no longer in the session, or it is gone. */
  onRemoved: () => void;
}

/** A session that somebody in this process listens to. */
export interface Room {
  listeners: Set<Listener>;
  /** Up to what change all listeners have heard; undefined until the first has looked. */
  heard: number | undefined;
  /** A listener has looked, up to that change: from there on the room reads. */
  startFrom: (number: number) => void;
  /** Somebody said that there is something new. */
  wake: () => void;
}

export interface RoomEvents {
  /** The database is about to be asked. */
  onRead: () => void;
  /** A change was read, so many seconds after it was made. */
  onChange: (secondsSince: number) => void;
  onError: (error: unknown) => void;
}

/** How many changed questions one read brings; more than any class changes between two reads. */
export const CHANGES_LIMIT = 500;
/** The shortest time from one read to the next: what happens meanwhile comes in one. */
const PAUSE_MS = 50;

/**
 * A room without listeners. However many there are, its changes are read once for all of them, and
 * however often it is woken, one read is under way at a time.
 */
export function createRoom(db: Database, sessionId: number, events: RoomEvents): Room {
  const { onRead, onChange, onError } = events;
  let isReading = false;
  let isStale = false;

  const read = async (after: number) => {
    const asked = { sessionId, after, participantId: null, limit: CHANGES_LIMIT };
    onRead();
    const changes = await findSessionChanges(db, asked);
    if (changes === undefined) {
      for (const listener of room.listeners) listener.onRemoved();
      return;
    }
    if (changes.change_number > after) onChange(changes.seconds_since_change);
    room.heard = changes.change_number;
    const removed = new Set(changes.removed.map(({ id }) => id));
    for (const listener of room.listeners) {
      listener.onChanges(changes);
      if (removed.has(listener.participantId)) listener.onRemoved();
    }
  };

  const readWhileStale = async () => {
    while (isStale && room.heard !== undefined && room.listeners.size > 0) {
      isStale = false;
      try {
        await read(room.heard);
      } catch (error) {
        // Whoever looks regularly wakes the room when the database answers again.
        onError(error);
        break;
      }
      await sleep(PAUSE_MS);
    }
    isReading = false;
  };

  const room: Room = {
    listeners: new Set(),
    heard: undefined,
    startFrom(number) {
      // Of several who look at once, the one who saw least: the others know what they have heard.
      room.heard = Math.min(room.heard ?? number, number);
      if (isStale) room.wake();
    },
    wake() {
      isStale = true;
      if (isReading || room.heard === undefined) return;
      isReading = true;
      void readWhileStale();
    },
  };
  return room;
}
