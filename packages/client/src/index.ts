import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import type { Contract } from './contract.ts';
import type { PublicRouter } from './public-router.ts';

export * from './create-client.ts';
export { type ErrorReason, reasonOf, retryOf } from './errors.ts';
export * from './live-session.ts';
export type { ErrorData, PublicRouter } from './public-router.ts';

/** A participant of a session. */
export type Participant = Contract['participant'];
/** A question without the fields that differ per participant. */
export type PublicQuestion = Contract['publicQuestion'];
/** A question for one participant: `voted` is true if the participant has voted for it. */
export type Question = Contract['question'];
/** An event of a session's live feed. */
export type SessionEvent = Contract['sessionEvent'];
/** A session without its participants and questions. */
export type SessionSummary = Contract['sessionSummary'];

/** The input of each procedure: `RouterInputs['sessions']['create']`. */
export type RouterInputs = inferRouterInputs<PublicRouter>;

/** The output of each procedure: `RouterOutputs['sessions']['create']`. */
export type RouterOutputs = inferRouterOutputs<PublicRouter>;
