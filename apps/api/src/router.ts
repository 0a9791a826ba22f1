import { questionsRouter } from './questions/router.ts';
import { sessionsRouter } from './sessions/router.ts';
import { router } from './trpc/init.ts';

export const appRouter = router({
  questions: questionsRouter,
  sessions: sessionsRouter,
});

/** All that a typed client needs to know of this server. */
export type AppRouter = typeof appRouter;
