import { sessionEventsInput } from '@classroom/schema';
import { SESSION_REASONS, router } from '../../trpc/init.ts';
import { authedProcedure } from '../../trpc/procedures.ts';
import { SessionEvents } from './session-events.ts';

export const liveRouter = router({
  events: authedProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/api/sessions/{code}/events',
        summary: 'Stream live events',
        description:
          'Streams server-sent events: a snapshot, then each change, in order. A stream that resumes after the last event id starts with the changes since then. The server sends a ping every ten seconds; reconnect after thirty seconds without one.',
        tags: ['Live events'],
        example: { code: '7M2XJD' },
        reasons: [...SESSION_REASONS, 'SESSION_FULL'],
      },
    })
    .input(sessionEventsInput)
    .subscription(async ({ ctx, input, signal }) => {
      const { app, tokenHash, address } = ctx;
      return new SessionEvents(await app.live.authorize(input, { tokenHash, address }, signal));
    }),
});
