import { sessionEventsInput } from '@classroom/schema';
import { router } from '../trpc/init.ts';
import { tokenProcedure } from '../trpc/procedures.ts';
import { SessionEvents } from '../trpc/session-events.ts';
import { authorizeSubscription } from './subscription.ts';

export const liveRouter = router({
  events: tokenProcedure.input(sessionEventsInput).subscription(async ({ ctx, input, signal }) => {
    const { deps, tokenHash, address } = ctx;
    const caller = { tokenHash, address };
    return new SessionEvents(await authorizeSubscription(deps, input, caller, signal));
  }),
});
