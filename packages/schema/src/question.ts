import { z } from 'zod';
import { idempotencyKey } from './idempotency-key.ts';
import { joinCode } from './join-code.ts';
import { pageInput, pageOf } from './page.ts';
import { text } from './text.ts';

/** How many questions of one author may be pending in a session at a time. */
export const PENDING_QUESTION_LIMIT = 3;

/** How many questions one session may have, withdrawn ones included. */
export const SESSION_QUESTION_LIMIT = 10_000;

export const questionStatus = z.enum(['pending', 'answered', 'hidden']);
export type QuestionStatus = z.infer<typeof questionStatus>;

export const questionOrder = z.enum(['top', 'newest']);

/** A question as everybody in the session sees it. */
export const publicQuestion = z.object({
  id: z.int(),
  body: z.string(),
  status: questionStatus,
  pinned: z.boolean(),
  votes: z.int(),
  /** Null when it was asked anonymously, or its author was removed. */
  author: z.object({ displayName: z.string() }).nullable(),
  createdAt: z.iso.datetime(),
  answeredAt: z.iso.datetime().nullable(),
});
export type PublicQuestion = z.infer<typeof publicQuestion>;

/** A question as one participant sees it: with whether they have voted for it. */
export const question = publicQuestion.extend({ voted: z.boolean() });
export type Question = z.infer<typeof question>;

export const submitQuestionInput = z.object({
  code: joinCode,
  body: text(280),
  anonymous: z.boolean().default(false),
  idempotencyKey: idempotencyKey.optional(),
});
export type SubmitQuestionInput = z.output<typeof submitQuestionInput>;

const questionId = z.int().positive();

export const withdrawQuestionInput = z.object({ questionId });
export type WithdrawQuestionInput = z.infer<typeof withdrawQuestionInput>;

export const withdrawnQuestion = z.object({ questionId: z.int() });
export type WithdrawnQuestion = z.infer<typeof withdrawnQuestion>;

/** A place in a list: whether pinned, how many votes, and the question; or the question alone. */
const questionCursor = z
  .string()
  .regex(/^([01]-\d{1,9}-)?\d{1,15}$/, 'Must be the nextCursor of an earlier page');

export const listQuestionsInput = pageInput.extend({
  code: joinCode,
  status: questionStatus.optional(),
  order: questionOrder.default('top'),
  cursor: questionCursor.optional(),
});
export type ListQuestionsInput = z.output<typeof listQuestionsInput>;

export const questionPage = pageOf(question);
export type QuestionPage = z.infer<typeof questionPage>;

export const voteInput = z.object({ questionId, on: z.boolean() });
export type VoteInput = z.infer<typeof voteInput>;

export const setQuestionStatusInput = z.object({ questionId, status: questionStatus });
export type SetQuestionStatusInput = z.infer<typeof setQuestionStatusInput>;

export const pinQuestionInput = z.object({ questionId, on: z.boolean() });
export type PinQuestionInput = z.infer<typeof pinQuestionInput>;
