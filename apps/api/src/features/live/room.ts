import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, type SessionChanges, findSessionChanges } from '@classroom/db';
import type { ParticipantRole } from '@classroom/schema';
import { DomainError, unavailable } from '../../errors.ts';
import { type SequencedEvent, toEvents } from './presenter.ts';

/** Receives the events of one stream. */
export interface Subscriber {
  /** Delivers events in order. Subscribers of one role get the same objects. */
  push: (events: readonly SequencedEvent[]) => void;
  /** Delivers the end: of the session, or for a reason. Nothing follows. */
  end: (reason?: unknown) => void;
}

/** A subscriber's place in a room. */
export interface Member extends Subscriber {
  participantId: number;
  role: ParticipantRole;
  /** The sequence number that it has received last; undefined until its backlog is delivered. */
  cursor: number | undefined;
}

/** A session with subscribers in this process. */
export interface Room {
  members: Set<Member>;
  /** The sequence number up to which changes were read; undefined before the first backlog. */
  cursor: number | undefined;
  /** A backlog was delivered up to that number: polls read from there on. */
  readFrom: (sequence: number) => void;
  /** Reads what is new soon, once for all members. */
  schedulePoll: () => void;
  publishPresence: (listening: number) => void;
}

export interface RoomObserver {
  /** The changes of a session are about to be read. */
  onRead: () => void;
  /** A change was read this many seconds after it was made. */
  onChange: (secondsSince: number) => void;
  onError: (error: unknown) => void;
}

/** Changed questions that one poll reads; members that are further behind start with a snapshot. */
export const CHANGES_LIMIT = 500;
/** Milliseconds between two polls of a room, so that a burst of changes is read at once. */
const POLL_INTERVAL_MS = 50;

/**
 * Creates a room without members. However many members it has and however often it is notified, its
 * changes are read once for all of them, by one statement at a time.
 */
export function createRoom(db: Database, sessionId: number, observer: RoomObserver): Room {
  let isPolling = false;
  let isStale = false;

  const poll = async (after: number) => {
    observer.onRead();
    const limit = CHANGES_LIMIT;
    const changes = await findSessionChanges(db, { sessionId, after, participantId: null, limit });
    if (changes === undefined) return endAll(new DomainError('UNAUTHENTICATED'));
    if (changes.change_number > after) observer.onChange(changes.seconds_since_change);
    // A backlog that was delivered meanwhile may have moved the cursor back: read again from there.
    if (room.cursor === after) room.cursor = changes.change_number;
    // Older changes may be missing from it; a member that comes back gets a snapshot.
    if (changes.questions.length === limit) return endAll(unavailable());
    deliver(changes, after);
  };

  const endAll = (reason: DomainError) => {
    for (const member of room.members) member.end(reason);
  };

  const deliver = (changes: SessionChanges, after: number) => {
    const removed = new Set(changes.removed.map(({ id }) => id));
    const byRole = {
      host: toEvents(changes, after, 'host'),
      participant: toEvents(changes, after, 'participant'),
    };
    for (const member of room.members) {
      const { cursor, role } = member;
      if (cursor === undefined || cursor < after) continue;
      const events = cursor === after ? byRole[role] : toEvents(changes, cursor, role);
      if (events.length > 0) member.push(events);
      member.cursor = Math.max(cursor, changes.change_number);
      if (removed.has(member.participantId)) member.end(new DomainError('UNAUTHENTICATED'));
      else if (changes.status === 'ended') member.end();
    }
  };

  const pollWhileStale = async () => {
    while (isStale && room.cursor !== undefined && room.members.size > 0) {
      isStale = false;
      try {
        await poll(room.cursor);
      } catch (error) {
        // The regular poll of all rooms tries again when the database answers.
        observer.onError(error);
        break;
      }
      await sleep(POLL_INTERVAL_MS);
    }
    isPolling = false;
  };

  const room: Room = {
    members: new Set(),
    cursor: undefined,
    readFrom(sequence) {
      const isBehind = room.cursor !== undefined && sequence < room.cursor;
      room.cursor = Math.min(room.cursor ?? sequence, sequence);
      if (isStale || isBehind) room.schedulePoll();
    },
    schedulePoll() {
      isStale = true;
      if (isPolling || room.cursor === undefined) return;
      isPolling = true;
      void pollWhileStale();
    },
    publishPresence(listening) {
      let presence: SequencedEvent | undefined;
      for (const member of room.members) {
        const { cursor } = member;
        if (cursor === undefined) continue;
        if (presence?.sequence !== cursor) {
          presence = { sequence: cursor, event: { type: 'presence', listening } };
        }
        member.push([presence]);
      }
    },
  };
  return room;
}
