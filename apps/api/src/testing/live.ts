import { insertSession } from '@classroom/db';
import { type TestDatabase, newSession } from '@classroom/db/testing';
import { expect } from 'vitest';
import type { SequencedEvent } from '../features/live/presenter.ts';
import type { RoomsOptions } from '../features/live/rooms.ts';
import { noStreamCaps } from '../features/live/stream-caps.ts';

/** Options of a feed that does not poll: events arrive by notification only. */
export function feedOptions({ db, url }: Pick<TestDatabase, 'db' | 'url'>): RoomsOptions {
  const pollIntervalMs = 3_600_000;
  return { db, url, caps: noStreamCaps, maxPerSession: 3, onError: () => {}, pollIntervalMs };
}

/** Creates a session with its host as the caller. */
export async function createSession({ db }: Pick<TestDatabase, 'db'>) {
  const session = newSession();
  const created = await insertSession(db, session);
  if (created.kind !== 'created') throw new Error(created.kind);
  const { code, tokenHash } = session;
  return { code, sessionId: created.session.id, caller: { tokenHash, address: '192.0.2.1' } };
}

/** Creates a subscriber that records its events and ends. */
export function record() {
  const events: SequencedEvent[] = [];
  const ends: unknown[] = [];
  return {
    events,
    ends,
    push: (pushed: readonly SequencedEvent[]) => void events.push(...pushed),
    end: (error?: unknown) => void ends.push(error),
  };
}

export function anEvent(event: object): unknown {
  return expect.objectContaining({ event: expect.objectContaining(event) });
}
