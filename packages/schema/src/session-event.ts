import { z } from 'zod';
import { joinCode } from './join-code.ts';
import { publicQuestion, question } from './question.ts';
import { sessionSummary } from './session.ts';

export const sessionEventsInput = z.object({
  code: joinCode,
  /** The id of the last event that the client got; what it missed since comes first. */
  lastEventId: z
    .string()
    .regex(/^[!-~]{0,20}$/, 'must be the id of an event')
    .optional(),
});
export type SessionEventsInput = z.infer<typeof sessionEventsInput>;

/** What listeners of a session hear. */
export const sessionEvent = z.discriminatedUnion('type', [
  /** Everything as it is, for a listener without an id to go on from: forget what was before. */
  z.object({
    type: z.literal('snapshot'),
    session: sessionSummary,
    /** The first 500 questions in the order of `questions.list`, which has the others. */
    questions: z.array(question),
  }),
  /** The session has started or ended. After its end nothing follows. */
  z.object({ type: z.literal('session'), session: sessionSummary }),
  /** A question is new, or is as follows now. Whether oneself voted, one knows. */
  z.object({ type: z.literal('question'), question: publicQuestion }),
  /** A question was withdrawn or hidden. */
  z.object({ type: z.literal('questionRemoved'), questionId: z.int() }),
  /** How many are listening now. */
  z.object({ type: z.literal('presence'), listening: z.int() }),
]);
export type SessionEvent = z.infer<typeof sessionEvent>;
