import {
  type SessionChanges,
  findParticipantByToken,
  findSessionChanges,
  findSessionSnapshot,
} from '@classroom/db';
import type { SessionEventsInput } from '@classroom/schema';
import { findSessionAsParticipant } from '../../authorization.ts';
import type { AppContext } from '../../context.ts';
import { DomainError, unavailable } from '../../errors.ts';
import { type SequencedEvent, toEvents, toSnapshot } from './presenter.ts';
import { CHANGES_LIMIT, type Member, type Subscriber } from './room.ts';
import type { StreamCaller } from './stream-caps.ts';

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
  { db, live }: Pick<AppContext, 'db' | 'live'>,
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
      const backlog = await live.limitOpening(async () =>
        isOpen ? await readBacklog() : undefined,
      );
      if (!isOpen || backlog === undefined) return;
      if (backlog.events.length > 0) subscriber.push(backlog.events);
      if (backlog.isLast) return member.end();
      member.cursor = backlog.cursor;
      room.readFrom(backlog.cursor);
      live.schedulePresence(sessionId);
    };
    deliverBacklog().catch((error: unknown) => member.end(error));
    return close;
  };

  async function readBacklog(): Promise<Backlog> {
    if (after > BEGINNING) {
      const asked = { sessionId, after, participantId, limit: CHANGES_LIMIT };
      const changes = await findSessionChanges(db, asked);
      // A participant who was removed before this read hears nothing of it from the room.
      const holder = await findParticipantByToken(db, caller.tokenHash);
      if (changes === undefined || holder === undefined) throw new DomainError('UNAUTHENTICATED');
      const isTooLong = changes.questions.length === CHANGES_LIMIT;
      if (after <= changes.change_number && !isTooLong) {
        return toBacklog(changes, toEvents(changes, after, role));
      }
    }
    const snapshot = await findSessionSnapshot(db, {
      sessionId,
      participantId,
      includeHidden: role === 'host',
      limit: CHANGES_LIMIT,
    });
    if (snapshot?.participant_is_in !== true) throw new DomainError('UNAUTHENTICATED');
    return toBacklog(snapshot, [toSnapshot(snapshot, role)]);
  }
}

interface Backlog {
  events: SequencedEvent[];
  cursor: number;
  isLast: boolean;
}

function toBacklog(changes: SessionChanges, events: SequencedEvent[]): Backlog {
  return { events, cursor: changes.change_number, isLast: changes.status === 'ended' };
}
