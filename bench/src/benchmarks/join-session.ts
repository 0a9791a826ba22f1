import { insertParticipant, insertSession } from '@classroom/db';
import type { Benchmark } from '../benchmark.ts';
import { DIGITS_OF_NEW, drawAtRandom } from '../draw.ts';
import { newParticipant } from './new-participant.ts';
import { newSession } from './new-session.ts';

/** All join one session, each under a new name. */
export const joinSession: Benchmark = {
  name: 'join-session',
  procedure: 'sessions.join',
  title: '`sessions.join` into one session',
  async openRound(db) {
    const session = newSession(drawAtRandom);
    const opened = await insertSession(db, session);
    if (opened.kind !== 'created') throw new Error(`There is no session to join: ${opened.kind}`);
    const { code } = session;
    return {
      input: (draw) => ({ code, displayName: draw(DIGITS_OF_NEW) }),
      async statement(db, draw) {
        const { kind } = await insertParticipant(db, newParticipant(code, draw));
        // A statement that adds nobody is no floor.
        if (kind !== 'added') throw new Error(`Nobody was added: ${kind}`);
      },
    };
  },
};
