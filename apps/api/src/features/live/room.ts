import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, type SessionChanges, findSessionChanges } from '@classroom/db';
import type { ParticipantRole } from '@classroom/schema';
import { DomainError, unavailable } from '../../errors.ts';
import { type SequencedEvent, toEvents } from './presenter.ts';

/** Receives the events of one stream. */
export interface Subscriber {
  /** Delivers events in order. Subscribers of one role share the objects, except authors. */
  push: (events: readonly SequencedEvent[]) => void;
  /** Delivers the end of the session, or an error. Nothing follows. */
  end: (error?: unknown) => void;
}

/** The caller of a stream. The caps count streams by both fields. */
export interface Caller {
  /** SHA-256 of the token. */
  tokenHash: Buffer;
  /** As `clientAddress` returns it. */
  address: string;
}

/** The open streams of a session, and the participants that hold them. */
export interface Presence {
  listening: number;
  participants: number;
}

export interface AuthorizedStream {
  sessionId: number;
  participantId: number;
  role: ParticipantRole;
  caller: Caller;
}

/** A subscriber in the room of a session. */
export interface Subscription extends Subscriber, AuthorizedStream {
  /** The sequence number last delivered; undefined until the backlog is delivered. */
  cursor: number | undefined;
}

/** A session with subscriptions in this process. */
export interface Room {
  subscriptions: Set<Subscription>;
  /** The sequence number of the last change read; undefined before the first backlog. */
  cursor: number | undefined;
  /** Makes polls continue from this sequence number, at which a backlog ended. */
  readFrom: (sequence: number) => void;
  /** Reads changes soon, once for all subscriptions. */
  schedulePoll: () => void;
  publishPresence: (presence: Presence) => void;
  /** The presence in this process. */
  presence: () => Presence;
}

export interface RoomObserver {
  /** The changes of a session are about to be read. */
  onRead: () => void;
  /** A change was read this many seconds after it was made. */
  onChange: (secondsSince: number) => void;
}

/** The maximum number of questions per poll. Subscribers that are further behind get a snapshot. */
export const CHANGES_LIMIT = 500;
/** The minimum time between two polls of a room, so that one poll reads a burst of changes. */
const POLL_INTERVAL_MS = 50;

/**
 * Creates a room without subscriptions. Runs at most one statement at a time, which reads the changes
 * for all subscriptions.
 */
export function createRoom(
  db: Database,
  sessionId: number,
  onError: (error: unknown) => void,
  observer?: RoomObserver,
): Room {
  let isPolling = false;
  let isStale = false;

  const poll = async (after: number) => {
    observer?.onRead();
    const limit = CHANGES_LIMIT;
    const changes = await findSessionChanges(db, { sessionId, after, participantId: null, limit });
    if (changes === undefined) return endAll(new DomainError('UNAUTHENTICATED'));
    if (changes.change_number > after) observer?.onChange(changes.seconds_since_change);
    // A backlog delivered meanwhile may have moved the cursor back: then the next poll starts there.
    if (room.cursor === after) room.cursor = changes.change_number;
    // Older changes may be missing; a subscriber that reconnects gets a snapshot.
    if (changes.questions.length === limit) return endAll(unavailable());
    deliver(changes, after);
  };

  const endAll = (reason: DomainError) => {
    for (const subscription of room.subscriptions) subscription.end(reason);
  };

  const deliver = (changes: SessionChanges, after: number) => {
    const removed = new Set(changes.removed.map(({ id }) => id));
    const authors = new Set(changes.questions.map(({ author_id }) => author_id));
    const byRole = {
      host: toEvents(changes, after, { role: 'host' }),
      participant: toEvents(changes, after, { role: 'participant' }),
    };
    for (const subscription of room.subscriptions) {
      const { cursor, role, participantId } = subscription;
      if (cursor === undefined || cursor < after) continue;
      const isShared = cursor === after && !authors.has(participantId);
      const events = isShared ? byRole[role] : toEvents(changes, cursor, subscription);
      if (events.length > 0) subscription.push(events);
      subscription.cursor = Math.max(cursor, changes.change_number);
      if (removed.has(participantId)) subscription.end(new DomainError('UNAUTHENTICATED'));
      else if (changes.status === 'ended') subscription.end();
    }
  };

  const pollWhileStale = async () => {
    while (isStale && room.cursor !== undefined && room.subscriptions.size > 0) {
      isStale = false;
      try {
        await poll(room.cursor);
      } catch (error) {
        // The regular poll of all rooms tries again.
        onError(error);
        break;
      }
      await sleep(POLL_INTERVAL_MS);
    }
    isPolling = false;
  };

  const room: Room = {
    subscriptions: new Set(),
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
    presence: () => ({
      listening: room.subscriptions.size,
      participants: new Set([...room.subscriptions].map(({ participantId }) => participantId)).size,
    }),
    publishPresence(counts) {
      let presence: SequencedEvent | undefined;
      for (const subscription of room.subscriptions) {
        const { cursor } = subscription;
        if (cursor === undefined) continue;
        if (presence?.sequence !== cursor) {
          presence = { sequence: cursor, event: { type: 'presence', ...counts } };
        }
        subscription.push([presence]);
      }
    },
  };
  return room;
}
