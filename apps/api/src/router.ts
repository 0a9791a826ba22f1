import type { AnyProcedure, AnyRouter } from '@trpc/server';
import { devicesRouter } from './features/devices/router.ts';
import { hostsRouter } from './features/hosts/router.ts';
import { liveRouter } from './features/live/router.ts';
import { participantsRouter } from './features/participants/router.ts';
import { questionsRouter } from './features/questions/router.ts';
import { sessionsRouter } from './features/sessions/router.ts';
import { mergeRouters, router } from './trpc/init.ts';

export const appRouter = router({
  hosts: hostsRouter,
  questions: questionsRouter,
  sessions: mergeRouters(sessionsRouter, participantsRouter, devicesRouter, liveRouter),
});

/** The type that clients import. */
export type AppRouter = typeof appRouter;

// The type of `appRouter` nests its procedures; that of any router lists them.
const anyRouter: AnyRouter = appRouter;

/** The procedures by path, such as `sessions.create`. */
export const procedures: ReadonlyMap<string, AnyProcedure> = new Map(
  Object.entries<AnyProcedure>(anyRouter._def.procedures),
);
