import { addParticipant, openSession, removeParticipant } from '@classroom/db';
import { newParticipant, newSession, useTestDatabase } from '@classroom/db/testing';
import { afterAll, expect, test } from 'vitest';
import { listenToSession } from './listen-to-session.ts';
import { openLive } from './live.ts';

const { db, url } = await useTestDatabase();
const stop = new AbortController();
const live = openLive({ db, url, onError: () => {} }, stop.signal);
afterAll(() => stop.abort());

test.each([undefined, '0', '1000'])(
  'whoever is blocked while they come in hears nothing (last event id: %s)',
  async (lastEventId) => {
    const { code, tokenHash: hostTokenHash, ...session } = newSession();
    await openSession(db, { ...session, code, tokenHash: hostTokenHash });
    const participant = newParticipant({ code });
    const added = await addParticipant(db, participant);
    if (added.kind !== 'added') throw new Error(added.kind);

    const input = { code, ...(lastEventId !== undefined && { lastEventId }) };
    const events = await listenToSession({ db, live }, input, participant.tokenHash, stop.signal);
    const participantId = added.participant.id;
    await removeParticipant(db, { code, tokenHash: hostTokenHash, participantId, block: true });
    const heard = (async () => {
      for await (const event of events) return event;
      return undefined;
    })();
    await expect(heard).rejects.toMatchObject({ reason: 'UNAUTHENTICATED' });
  },
);
