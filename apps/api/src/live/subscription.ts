import {
  type Database,
  findParticipantByToken,
  findSessionChanges,
  type SessionChanges,
} from '@classroom/db';
import type { SessionEventsInput } from '@classroom/schema';
import { DomainError, unavailable } from '../domain-error.ts';
import { findSessionAsParticipant } from '../access/find-session-as-participant.ts';
import type { LiveFeed } from './feed.ts';
import { toEvents, toSnapshot } from './presenter.ts';
import { CHANGES_LIMIT, type Member, type Subscriber } from './room.ts';
import type { StreamCaller } from './stream-caps.ts';

export interface SubscriptionDeps {
  db: Database;
  live: LiveFeed;
}

/**
 * Delivers events to a subscriber until it is ended or the returned function is called.
 *
 * @throws DomainError SESSION_FULL, RATE_LIMITED
 */
export type Subscribe = (subscriber: Subscriber) => () => void;

/** A number below every sequence number. */
const BEGINNING = -1;

/**
 * Authorises a stream of a session's events: each question as it is after its last change, in the order
 * of the changes, none twice and none left out. Without `lastEventId`, with one that is not of this
 * session, or too far behind, it starts with a snapshot. It ends with the session; with UNAUTHENTICATED
 * when the participant is removed or the session deleted; with UNAVAILABLE when the client shall
 * resume from its last id.
 *
 * @param signal aborts when nobody waits for the stream any more
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND
 */
export async function authorizeSubscription(
  { db, live }: SubscriptionDeps,
  { code, lastEventId }: SessionEventsInput,
  caller: StreamCaller,
  signal?: AbortSignal,
): Promise<Subscribe> {
  const { session, participantId, role } = await live.limitOpening(async () => {
    if (signal?.aborted === true) throw unavailable();
    return await findSessionAsParticipant(db, code, caller.tokenHash);
  });
  const sessionId = session.id;
  const after =
    lastEventId !== undefined && /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : BEGINNING;

  return (subscriber) => {
    let isOpen = true;
    const close = () => {
      if (!isOpen) return;
      isOpen = false;
      live.leave(sessionId, member, caller);
    };
    const member: Member = {
      participantId,
      role,
      cursor: undefined,
      push: (events) => subscriber.push(events),
      end(reason) {
        if (!isOpen) return;
        close();
        subscriber.end(reason);
      },
    };
    // Subscribes before it reads the backlog; the room leaves out what the backlog has.
    const room = live.join(sessionId, member, caller);

    const deliverBacklog = async () => {
      const { backlog, isResumed } = await live.limitOpening(readBacklog);
      // A participant who was removed before the backlog was read hears nothing of it from the room.
      const isIn = (await findParticipantByToken(db, caller.tokenHash)) !== undefined;
      if (backlog === undefined || !isIn) throw new DomainError('UNAUTHENTICATED');
      if (!isOpen) return;
      const events = isResumed ? toEvents(backlog, after, role) : [toSnapshot(backlog, role)];
      if (events.length > 0) subscriber.push(events);
      if (backlog.status === 'ended') return member.end();
      member.cursor = backlog.change_number;
      room.readFrom(backlog.change_number);
    };
    deliverBacklog().catch((error: unknown) => member.end(error));
    return close;
  };

  async function readBacklog(): Promise<{
    backlog: SessionChanges | undefined;
    isResumed: boolean;
  }> {
    const asked = { sessionId, participantId, limit: CHANGES_LIMIT };
    if (after > BEGINNING) {
      const backlog = await findSessionChanges(db, { ...asked, after });
      const isKnown = backlog === undefined || after <= backlog.change_number;
      const isTooLong = backlog?.questions.length === CHANGES_LIMIT;
      if (isKnown && !isTooLong) return { backlog, isResumed: true };
    }
    const backlog = await findSessionChanges(db, { ...asked, after: BEGINNING });
    return { backlog, isResumed: false };
  }
}
