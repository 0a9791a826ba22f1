import { liveRouter } from './live/router.ts';
import { questionsRouter } from './questions/router.ts';
import { sessionsRouter } from './sessions/router.ts';
import { mergeRouters, router } from './trpc/init.ts';

export const appRouter = router({
  questions: questionsRouter,
  sessions: mergeRouters(sessionsRouter, liveRouter),
});

/** All that a typed client needs to know of this server. */
export type AppRouter = typeof appRouter;
