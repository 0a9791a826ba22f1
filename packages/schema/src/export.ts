import { z } from 'zod';
import { participant } from './participant.ts';
import { publicQuestion } from './question.ts';
import { sessionSummary } from './session.ts';

/** Everything of a session that its host may take along. */
export const exportedSession = z.object({
  session: sessionSummary,
  /** Who takes part, the host first, then by time of joining. */
  participants: z.array(participant),
  /** By time of asking, hidden ones included. */
  questions: z.array(publicQuestion),
});
export type ExportedSession = z.infer<typeof exportedSession>;
