import { insertSession } from '@classroom/db';
import { type TestDatabase, newSession } from '@classroom/db/testing';
import { expect } from 'vitest';
import type { SequencedEvent } from '../features/live/presenter.ts';
import type { RoomsOptions } from '../features/live/rooms.ts';
import { noStreamCaps } from '../features/live/stream-caps.ts';

/** Polls too rarely to matter, so that what arrives was notified. */
export function feedOptions({ db, url }: Pick<TestDatabase, 'db' | 'url'>): RoomsOptions {
  const pollIntervalMs = 3_600_000;
  return { db, url, caps: noStreamCaps, maxPerSession: 3, onError: () => {}, pollIntervalMs };
}

/** Opens a session. Its host is the caller. */
export async function openSession({ db }: Pick<TestDatabase, 'db'>) {
  const session = newSession();
  const opened = await insertSession(db, session);
  if (opened.kind !== 'created') throw new Error(opened.kind);
  const { code, tokenHash } = session;
  return { code, sessionId: opened.id, caller: { tokenHash, address: '192.0.2.1' } };
}

/** A subscriber that records everything delivered to it. */
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
