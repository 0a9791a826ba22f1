import { z } from 'zod';
import { joinCode } from './code.ts';
import { publicQuestion, question } from './question.ts';
import { sessionSummary } from './session.ts';

export const sessionEventsInput = z.object({
  code: joinCode,
  /** The id of the last event that the client received; the stream resumes after it. */
  lastEventId: z
    .string()
    .regex(/^[!-~]{0,20}$/, 'Must be the id of an event')
    .optional(),
});
export type SessionEventsInput = z.infer<typeof sessionEventsInput>;

/** An event of a session's live feed. */
export const sessionEvent = z
  .discriminatedUnion('type', [
    /** The current state, for a subscriber that cannot resume. It replaces all earlier state. */
    z.object({
      type: z.literal('snapshot'),
      session: sessionSummary,
      /** The first 500 questions in the order `top` of `questions.list`, which returns the others. */
      questions: z.array(question),
    }),
    /** The session was started, configured, extended or ended. No event follows the end. */
    z.object({ type: z.literal('session'), session: sessionSummary }),
    /** A question was added or has changed. Without `voted`, which differs per participant. */
    z.object({ type: z.literal('question'), question: publicQuestion }),
    /** A question that the caller has seen was withdrawn or hidden. */
    z.object({ type: z.literal('questionRemoved'), questionId: z.int() }),
    /** The open streams, or the distinct participants that hold them, have changed. */
    z.object({ type: z.literal('presence'), listening: z.int(), participants: z.int() }),
  ])
  .meta({ id: 'SessionEvent' });
export type SessionEvent = z.infer<typeof sessionEvent>;
