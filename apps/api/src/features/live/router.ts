import { sessionEventsInput } from '@classroom/schema';
import { router } from '../../trpc/init.ts';
import { authedProcedure } from '../../trpc/procedures.ts';
import { SessionEvents } from './session-events.ts';
import { authorizeSubscription } from './subscription.ts';

export const liveRouter = router({
  events: authedProcedure.input(sessionEventsInput).subscription(async ({ ctx, input, signal }) => {
    const { app, tokenHash, address } = ctx;
    const caller = { tokenHash, address };
    return new SessionEvents(await authorizeSubscription(app, input, caller, signal));
  }),
});
