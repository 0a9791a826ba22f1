import { z } from 'zod';
import { participant } from './participant.ts';
import { publicQuestion } from './question.ts';
import { sessionSummary } from './session.ts';

/** The host's copy of a whole session. */
export const exportedSession = z
  .object({
    session: sessionSummary,
    /** The host first, then by time of joining. */
    participants: z.array(participant),
    /** By time of submission, hidden ones included. */
    questions: z.array(publicQuestion),
  })
  .meta({ id: 'ExportedSession' });
export type ExportedSession = z.infer<typeof exportedSession>;
