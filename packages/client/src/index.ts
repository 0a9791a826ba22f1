import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import type { Contract } from './contract.ts';
import type { PublicRouter } from './public-router.ts';

export * from './create-client.ts';
export type { ErrorData, PublicRouter } from './public-router.ts';
export * from './reason-of.ts';

export type Participant = Contract['participant'];
export type PublicQuestion = Contract['publicQuestion'];
export type Question = Contract['question'];
export type SessionEvent = Contract['sessionEvent'];
export type SessionSummary = Contract['sessionSummary'];

/** What each procedure takes: `RouterInputs['sessions']['create']`. */
export type RouterInputs = inferRouterInputs<PublicRouter>;

/** What each procedure gives: `RouterOutputs['sessions']['create']`. */
export type RouterOutputs = inferRouterOutputs<PublicRouter>;
