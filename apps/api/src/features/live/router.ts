import { sessionEventsInput } from '@classroom/schema';
import { router } from '../../trpc/init.ts';
import { authedProcedure } from '../../trpc/procedures.ts';
import { SessionEvents } from './session-events.ts';

export const liveRouter = router({
  events: authedProcedure.input(sessionEventsInput).subscription(async ({ ctx, input, signal }) => {
    const { app, tokenHash, address } = ctx;
    return new SessionEvents(await app.live.authorize(input, { tokenHash, address }, signal));
  }),
});
