import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Database,
  type SessionChanges,
  findSessionChanges,
  findValidTokens,
  hasRole,
} from '@classroom/db';
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

/** The open streams of a session, and the participants that hold them, without viewers. */
export interface Presence {
  listening: number;
  participants: number;
}

/** The presence of a session in one process, and what counts towards its stream limit. */
export interface ProcessPresence extends Presence {
  /** The open streams, those of viewers included. */
  streams: number;
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
  presence: () => ProcessPresence;
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
    await endRevoked(changes);
    // A backlog delivered meanwhile may have moved the cursor back: then the next poll starts there.
    if (room.cursor === after) room.cursor = changes.change_number;
    // Older changes may be missing; a subscriber that reconnects gets a snapshot.
    if (changes.questions.length === limit) return endAll(unavailable());
    deliver(changes, after);
  };

  const endAll = (reason: DomainError) => {
    for (const subscription of room.subscriptions) subscription.end(reason);
  };

  /** Ends the streams whose token was revoked. The other devices of the same participant stay. */
  const endRevoked = async ({ revoked }: SessionChanges) => {
    const ids = new Set(revoked.map(({ id }) => id));
    const affected = [...room.subscriptions].filter(({ participantId }) => ids.has(participantId));
    if (affected.length === 0) return;
    const tokenOf = ({ caller }: Subscription) => caller.tokenHash.toString('base64');
    const hashes = new Map(affected.map((each) => [tokenOf(each), each.caller.tokenHash]));
    const valid = await findValidTokens(db, [...hashes.values()]);
    const tokens = new Set(valid.map((hash) => hash.toString('base64')));
    for (const subscription of affected) {
      if (!tokens.has(tokenOf(subscription))) subscription.end(new DomainError('UNAUTHENTICATED'));
    }
  };

  const deliver = (changes: SessionChanges, after: number) => {
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
      if (changes.status === 'ended') subscription.end();
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
  /** Without viewers, who count nowhere. */
  const streamsByParticipant = new Map<number, number>();
  let listening = 0;
  let published: Presence | undefined;

  const room: Room = {
    subscriptions,
    cursor: undefined,
    add(subscription) {
      const { participantId, role } = subscription;
      subscriptions.add(subscription);
      if (role === 'viewer') return;
      listening += 1;
      streamsByParticipant.set(participantId, (streamsByParticipant.get(participantId) ?? 0) + 1);
    },
    delete(subscription) {
      const { participantId, role } = subscription;
      if (!subscriptions.delete(subscription)) return false;
      if (role === 'viewer') return true;
      listening -= 1;
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
    presence: () => ({
      listening,
      participants: streamsByParticipant.size,
      streams: subscriptions.size,
    }),
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
