import { z } from 'zod';
import { idempotencyKey, joinCode } from './code.ts';
import { fieldRule } from './error.ts';
import { INVALID_CURSOR, pageInput, pageOf } from './page.ts';
import { participantRole } from './participant.ts';
import { text } from './text.ts';

/** The maximum number of pending and waiting questions per author in a session. */
export const PENDING_QUESTION_LIMIT = 3;

/** The maximum number of questions per session, withdrawn ones included. */
export const SESSION_QUESTION_LIMIT = 10_000;

/** In a moderated session, new questions wait until the host or a moderator approves them. */
export const questionStatus = z.enum(['waiting', 'pending', 'answered', 'hidden']);
export type QuestionStatus = z.infer<typeof questionStatus>;

/** The statuses that the host and moderators can set. */
export const settableQuestionStatus = questionStatus.exclude(['waiting']);
export type SettableQuestionStatus = z.infer<typeof settableQuestionStatus>;

export const questionOrder = z.enum(['top', 'newest']);
export type QuestionOrder = z.infer<typeof questionOrder>;

/** A question without the participant's vote. */
export const publicQuestion = z
  .object({
    id: z.int(),
    body: z.string(),
    status: questionStatus,
    pinned: z.boolean(),
    votes: z.int(),
    /** Whether the caller is the author, of an anonymous question too. */
    mine: z.boolean(),
    /** A participant. Null when the question is anonymous or its author was removed. */
    author: z.object({ id: z.int(), displayName: z.string(), role: participantRole }).nullable(),
    createdAt: z.iso.datetime(),
    answeredAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'PublicQuestion' });
export type PublicQuestion = z.infer<typeof publicQuestion>;

/** A question for one participant: `voted` is true if the participant has voted for it. */
export const question = publicQuestion.extend({ voted: z.boolean() }).meta({ id: 'Question' });
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

export const withdrawnQuestion = z
  .object({ questionId: z.int() })
  .meta({ id: 'WithdrawnQuestion' });
export type WithdrawnQuestion = z.infer<typeof withdrawnQuestion>;

const topCursor = z.codec(
  z.string().regex(/^[01]-\d{1,9}-\d{1,15}$/),
  z.object({
    order: z.literal('top'),
    pinned: z.boolean(),
    votes: z.number(),
    id: z.number(),
  }),
  {
    decode: (cursor) => {
      const [pinned, votes = 0, id = 0] = cursor.split('-').map(Number);
      return { order: 'top' as const, pinned: pinned === 1, votes, id };
    },
    encode: ({ pinned, votes, id }) => `${Number(pinned)}-${votes}-${id}`,
  },
);

const newestCursor = z.codec(
  z.string().regex(/^\d{1,15}$/),
  z.object({ order: z.literal('newest'), id: z.number() }),
  {
    decode: (cursor) => ({ order: 'newest' as const, id: Number(cursor) }),
    encode: ({ id }) => `${id}`,
  },
);

/** The position of a question in one of the two orders. */
export const questionCursor = z.union([topCursor, newestCursor], INVALID_CURSOR);
export type QuestionCursor = z.output<typeof questionCursor>;

export const listQuestionsInput = pageInput
  .extend({
    code: joinCode,
    status: questionStatus.optional(),
    order: questionOrder.default('top'),
    cursor: questionCursor.optional(),
  })
  .refine(({ order, cursor }) => cursor === undefined || cursor.order === order, {
    path: ['cursor'],
    ...fieldRule('WRONG_FORMAT', `${INVALID_CURSOR} in the same order`),
  });
export type ListQuestionsInput = z.output<typeof listQuestionsInput>;

export const questionPage = pageOf(question, 'QuestionPage');
export type QuestionPage = z.infer<typeof questionPage>;

export const voteInput = z.object({ questionId, on: z.boolean() });
export type VoteInput = z.infer<typeof voteInput>;

export const setQuestionStatusInput = z.object({ questionId, status: settableQuestionStatus });
export type SetQuestionStatusInput = z.infer<typeof setQuestionStatusInput>;

export const muteAuthorInput = z.object({ questionId, muted: z.boolean() });
export type MuteAuthorInput = z.infer<typeof muteAuthorInput>;

/** The same for a muted and an unmuted author: nothing tells who asked. */
export const mutedAuthor = z.object({ questionId: z.int() }).meta({ id: 'MutedAuthor' });
export type MutedAuthor = z.infer<typeof mutedAuthor>;

export const pinQuestionInput = z.object({ questionId, on: z.boolean() });
export type PinQuestionInput = z.infer<typeof pinQuestionInput>;
