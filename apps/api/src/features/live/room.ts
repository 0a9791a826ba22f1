import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, type SessionChanges, findSessionChanges, hasRole } from '@classroom/db';
import type { ParticipantRole } from '@classroom/schema';
import { DomainError, unavailable } from '../../errors.ts';
import { type SequencedEvent, toEvents, withOwnQuestions } from './presenter.ts';

/** Receives the events of one stream. */
export interface Subscriber {
  /** Delivers events in order. Subscribers with the same rights share the objects, except own questions. */
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
  /** The presence last delivered. */
  presence?: Presence;
}

/** A session with subscriptions in this process. */
export interface Room {
  subscriptions: ReadonlySet<Subscription>;
  add: (subscription: Subscription) => void;
  /** @returns whether the subscription was in the room */
  delete: (subscription: Subscription) => boolean;
  /** The sequence number of the last change read; undefined before the first backlog. */
  cursor: number | undefined;
  /** Makes polls continue from this sequence number, at which a backlog ended. */
  readFrom: (sequence: number) => void;
  /** Reads changes soon, once for all subscriptions. */
  schedulePoll: () => void;
  /** Delivers the presence to the subscriptions that have received another or none. */
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
    const questionsByAuthor = Map.groupBy(changes.questions, ({ author_id }) => author_id);
    const toModerators = toEvents(changes, after, { role: 'moderator' });
    const toOthers = toEvents(changes, after, { role: 'participant' });
    for (const subscription of room.subscriptions) {
      const { cursor, role, participantId } = subscription;
      if (cursor === undefined || cursor < after) continue;
      const own = questionsByAuthor.get(participantId);
      const events =
        cursor > after
          ? toEvents(changes, cursor, subscription)
          : withOwnQuestions(
              hasRole(role, 'moderator') ? toModerators : toOthers,
              own,
              subscription,
            );
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

  const subscriptions = new Set<Subscription>();
  const streamsByParticipant = new Map<number, number>();
  let published: Presence | undefined;

  const room: Room = {
    subscriptions,
    cursor: undefined,
    add(subscription) {
      const { participantId } = subscription;
      subscriptions.add(subscription);
      streamsByParticipant.set(participantId, (streamsByParticipant.get(participantId) ?? 0) + 1);
    },
    delete(subscription) {
      const { participantId } = subscription;
      if (!subscriptions.delete(subscription)) return false;
      const streams = (streamsByParticipant.get(participantId) ?? 1) - 1;
      if (streams === 0) streamsByParticipant.delete(participantId);
      else streamsByParticipant.set(participantId, streams);
      return true;
    },
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
    presence: () => ({ listening: subscriptions.size, participants: streamsByParticipant.size }),
    publishPresence(counts) {
      const isSame =
        published?.listening === counts.listening && published.participants === counts.participants;
      const current = isSame ? published : counts;
      published = current;
      let event: SequencedEvent | undefined;
      for (const subscription of subscriptions) {
        const { cursor, presence } = subscription;
        if (cursor === undefined || current === undefined || presence === current) continue;
        if (event?.sequence !== cursor) {
          event = { sequence: cursor, event: { type: 'presence', ...counts } };
        }
        subscription.presence = current;
        subscription.push([event]);
      }
    },
  };
  return room;
}
