import {
  type SessionChanges,
  findParticipantByToken,
  findSessionChanges,
  findSessionSnapshot,
  hasRole,
} from '@classroom/db';
import type { SessionEventsInput } from '@classroom/schema';
import pLimit from 'p-limit';
import { findSessionAsParticipant } from '../../authorization.ts';
import { DomainError, unavailable } from '../../errors.ts';
import { type SequencedEvent, toEvents, toSnapshot } from './presenter.ts';
import {
  type AuthorizedStream,
  CHANGES_LIMIT,
  type Caller,
  type Subscriber,
  type Subscription,
} from './room.ts';
import { type RoomsOptions, openRooms } from './rooms.ts';

/**
 * Delivers events to a subscriber until they end.
 *
 * @returns unsubscribes
 * @throws DomainError SESSION_FULL, RATE_LIMITED
 */
export type Subscribe = (subscriber: Subscriber) => () => void;

/** The live feed of this process. */
export interface LiveFeed {
  /** Delivers a change to the subscribers in all processes. Call it after the commit. */
  notifyChanged: (sessionId: number) => void;
  /**
   * Authorises a subscription to a session's events: each question as of its last change, in the
   * order of the changes, without gap or duplicate. They start with a snapshot, unless `lastEventId`
   * is recent. They end with the session, or with an error: UNAUTHENTICATED when the participant was
   * removed, the device revoked or the session deleted, RATE_LIMITED above the limit of the token, or
   * UNAVAILABLE when the client must resume.
   *
   * @param signal aborts when the client has disconnected
   * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND, UNAVAILABLE
   */
  authorize: (
    input: SessionEventsInput,
    caller: Caller,
    signal?: AbortSignal,
  ) => Promise<Subscribe>;
  /** Subscriptions in this process. */
  count: () => number;
  /** Resolves when the messages to other processes have been sent or lost. */
  drain: () => Promise<void>;
}

/** Keeps a thousand simultaneous streams from filling the queue for database connections. */
const OPENING_CONCURRENCY = 4;
/** Precedes every sequence number. */
const BEGINNING = -1;

/** Opens the live feed until `signal` aborts. */
export function openLiveFeed(options: RoomsOptions, stop: AbortSignal): LiveFeed {
  const { db } = options;
  const rooms = openRooms(options, stop);
  const limitOpening = pLimit(OPENING_CONCURRENCY);

  async function authorize(
    { code, lastEventId }: SessionEventsInput,
    caller: Caller,
    signal?: AbortSignal,
  ): Promise<Subscribe> {
    const { session, participantId, role } = await limitOpening(async () => {
      if (signal?.aborted === true) throw unavailable();
      return await findSessionAsParticipant(db, code, caller.tokenHash);
    });
    const isNumber = lastEventId !== undefined && /^\d{1,15}$/.test(lastEventId);
    const after = isNumber ? Number(lastEventId) : BEGINNING;
    const stream = { sessionId: session.id, participantId, role, caller };
    return (subscriber) => subscribe(stream, after, subscriber);
  }

  function subscribe(stream: AuthorizedStream, after: number, subscriber: Subscriber): () => void {
    let isOpen = true;
    const unsubscribe = () => {
      if (!isOpen) return;
      isOpen = false;
      rooms.unsubscribe(subscription);
    };
    const subscription: Subscription = {
      ...stream,
      cursor: undefined,
      push: (events) => subscriber.push(events),
      end(error) {
        if (!isOpen) return;
        unsubscribe();
        subscriber.end(error);
      },
    };
    // Subscribe before reading the backlog; the room deduplicates by sequence number.
    const room = rooms.subscribe(subscription);

    const deliverBacklog = async () => {
      const backlog = await limitOpening(async () =>
        isOpen ? await readBacklog(stream, after) : undefined,
      );
      if (!isOpen || backlog === undefined) return;
      if (backlog.events.length > 0) subscriber.push(backlog.events);
      if (backlog.isLast) return subscription.end();
      subscription.cursor = backlog.cursor;
      room.readFrom(backlog.cursor);
      rooms.schedulePresence(stream.sessionId);
    };
    deliverBacklog().catch((error: unknown) => subscription.end(error));
    return unsubscribe;
  }

  async function readBacklog(stream: AuthorizedStream, after: number): Promise<Backlog> {
    const { sessionId, participantId, role, caller } = stream;
    const limit = CHANGES_LIMIT;
    if (after > BEGINNING) {
      const changes = await findSessionChanges(db, { sessionId, after, participantId, limit });
      // The room does not deliver a revocation that happened before this read.
      const participant = await findParticipantByToken(db, caller.tokenHash);
      if (changes === undefined || participant === undefined) {
        throw new DomainError('UNAUTHENTICATED');
      }
      if (after <= changes.change_number && changes.questions.length < limit) {
        return toBacklog(changes, toEvents(changes, after, stream));
      }
    }
    const includeHidden = hasRole(role, 'moderator');
    const { tokenHash } = caller;
    const query = { sessionId, participantId, tokenHash, includeHidden, limit };
    const snapshot = await findSessionSnapshot(db, query);
    if (snapshot?.is_valid !== true) throw new DomainError('UNAUTHENTICATED');
    return toBacklog(snapshot, [toSnapshot(snapshot, stream)]);
  }

  return { notifyChanged: rooms.notifyChanged, authorize, count: rooms.count, drain: rooms.drain };
}

interface Backlog {
  events: SequencedEvent[];
  cursor: number;
  isLast: boolean;
}

function toBacklog(changes: SessionChanges, events: SequencedEvent[]): Backlog {
  return { events, cursor: changes.change_number, isLast: changes.status === 'ended' };
}
