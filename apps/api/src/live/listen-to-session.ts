import {
  type Database,
  findParticipantByToken,
  findSessionChanges,
  type Session,
  type SessionChanges,
} from '@classroom/db';
import type { ParticipantRole, SessionEventsInput } from '@classroom/schema';
import { DomainError, unavailable } from '../domain-error.ts';
import { findSessionAsParticipant } from '../access/find-session-as-participant.ts';
import type { Live } from './live.ts';
import { createMailbox } from './mailbox.ts';
import { CHANGES_LIMIT, type Listener } from './room.ts';
import { type NumberedEvent, toEvents, toSnapshot } from './to-events.ts';

export interface ListenDeps {
  db: Database;
  live: Live;
}

/** A place in a session's changes from which nothing is missing. */
function toNumber(lastEventId: string | undefined): number {
  return lastEventId !== undefined && /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : -1;
}

/**
 * What happens in a session from now on, or from the event with `lastEventId` on: each question as it
 * is after its last change, in the order of the changes, nothing twice and nothing left out. Who
 * comes without an id, with one that is not of this session, or after too much has happened, gets
 * everything as it is. It ends with the session.
 *
 * @param signal ends it from outside
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND; UNAUTHENTICATED also later, when
 *   the listener is removed or the session deleted; UNAVAILABLE when they read too slowly: come back
 *   with the last id
 */
export async function listenToSession(
  deps: ListenDeps,
  { code, lastEventId }: SessionEventsInput,
  tokenHash: Buffer,
  signal: AbortSignal,
): Promise<AsyncIterable<NumberedEvent>> {
  const caller = await findSessionAsParticipant(deps.db, code, tokenHash);
  return events(deps, { ...caller, tokenHash, from: toNumber(lastEventId) }, signal);
}

interface Caller {
  session: Session;
  tokenHash: Buffer;
  participantId: number;
  role: ParticipantRole;
  /** The change after which to go on; -1 to begin with everything. */
  from: number;
}

async function* events(
  { db, live }: ListenDeps,
  { session, tokenHash, participantId, role, from }: Caller,
  signal: AbortSignal,
): AsyncGenerator<NumberedEvent, void> {
  const sessionId = session.id;
  type Message = { changes: SessionChanges } | { listening: number } | 'removed';
  const mailbox = createMailbox<Message>(signal);
  const listener: Listener = {
    participantId,
    onChanges: (changes) => mailbox.put({ changes }),
    onPresence: (listening) => mailbox.put({ listening }),
    onRemoved: () => mailbox.put('removed'),
  };
  // First the ear, then the look back: what happens in between is heard twice, and told once.
  const room = live.enter(sessionId, listener);
  try {
    const asked = { sessionId, participantId, limit: CHANGES_LIMIT };
    let past = await findSessionChanges(db, { ...asked, after: from });
    if (past === undefined) throw new DomainError('UNAUTHENTICATED');
    let told = past.change_number;
    room.startFrom(told);
    // Once more: whoever was removed before this place hears nothing of it from the room.
    if ((await findParticipantByToken(db, tokenHash)) === undefined) {
      throw new DomainError('UNAUTHENTICATED');
    }

    const isTooMuch = past.questions.length === CHANGES_LIMIT;
    if (from < 0 || from > told || isTooMuch) {
      if (from >= 0) past = (await findSessionChanges(db, { ...asked, after: -1 })) ?? past;
      told = past.change_number;
      yield toSnapshot(past, role);
    } else {
      yield* toEvents(past, from, role);
    }
    if (past.status === 'ended') return;

    for await (const message of mailbox) {
      if (message === 'removed') throw new DomainError('UNAUTHENTICATED');
      if ('listening' in message) {
        yield { number: told, event: { type: 'presence', listening: message.listening } };
        continue;
      }
      const { changes } = message;
      if (changes.questions.length === CHANGES_LIMIT) break;
      yield* toEvents(changes, told, role);
      told = Math.max(told, changes.change_number);
      if (changes.status === 'ended') return;
    }
    if (!signal.aborted) throw unavailable();
  } finally {
    live.leave(sessionId, listener);
    mailbox.close();
  }
}
