import { sessionEventsInput } from '@classroom/schema';
import { router } from '../trpc/init.ts';
import { tokenProcedure } from '../trpc/procedures.ts';
import { toTracked } from '../trpc/to-tracked.ts';
import { listenToSession } from './listen-to-session.ts';

/** A call from within has no end from outside. */
const NEVER = new AbortController().signal;

export const liveRouter = router({
  events: tokenProcedure
    .input(sessionEventsInput)
    .subscription(async ({ ctx, input, signal = NEVER }) =>
      toTracked(await listenToSession(ctx.deps, input, ctx.tokenHash, signal)),
    ),
});
