import type { AppRouter } from '@classroom/api/router';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';

export type {
  ErrorReason,
  Participant,
  PublicQuestion,
  Question,
  SessionEvent,
  SessionSummary,
} from '@classroom/schema';
export * from './create-client.ts';
export * from './reason-of.ts';

/** What each procedure takes: `RouterInputs['sessions']['create']`. */
export type RouterInputs = inferRouterInputs<AppRouter>;

/** What each procedure gives: `RouterOutputs['sessions']['create']`. */
export type RouterOutputs = inferRouterOutputs<AppRouter>;
