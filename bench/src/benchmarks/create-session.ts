import { insertSession } from '@classroom/db';
import type { Benchmark } from '../benchmark.ts';
import { DIGITS_OF_NEW } from '../draw.ts';
import { newSession } from './new-session.ts';

/** Each session is for a new host. */
export const createSession: Benchmark = {
  name: 'create-session',
  procedure: 'sessions.create',
  title: '`sessions.create`',
  openRound: async () => ({
    input: (draw) => ({ title: 'Algebra I', hostDisplayName: draw(DIGITS_OF_NEW) }),
    statement: (db, draw) => insertSession(db, newSession(draw)),
  }),
};
