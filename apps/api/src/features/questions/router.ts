import {
  listQuestionsInput,
  pinQuestionInput,
  question,
  questionPage,
  setQuestionStatusInput,
  submitQuestionInput,
  voteInput,
  withdrawQuestionInput,
  withdrawnQuestion,
} from '@classroom/schema';
import { router } from '../../trpc/init.ts';
import { submissionProcedure, authedProcedure } from '../../trpc/procedures.ts';
import { listQuestions } from './list.ts';
import { pinQuestion, setQuestionStatus } from './moderate.ts';
import { submitQuestion } from './submit.ts';
import { vote } from './vote.ts';
import { withdrawQuestion } from './withdraw.ts';

const questionId = 1;

const ofQuestion = ['QUESTION_NOT_FOUND', 'FORBIDDEN', 'SESSION_ENDED'] as const;

export const questionsRouter = router({
  submit: submissionProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/api/sessions/{code}/questions',
        summary: 'Ask a question',
        description:
          'Asks a question in an open session, under the author’s name or anonymously. An author has at most three that are pending.',
        tags: ['Questions'],
        example: { code: '7M2XJD', body: 'Why is minus times minus plus?', anonymous: false },
        reasons: [
          'FORBIDDEN',
          'SESSION_NOT_FOUND',
          'SESSION_ENDED',
          'SESSION_FULL',
          'QUESTION_LIMIT',
          'QUESTION_NOT_FOUND',
          'IDEMPOTENCY_KEY_REUSED',
        ],
        creates: true,
      },
    })
    .input(submitQuestionInput)
    .output(question)
    .mutation(({ ctx, input }) => submitQuestion(ctx.app, input, ctx.tokenHash)),

  withdraw: authedProcedure
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/api/questions/{questionId}',
        summary: 'Withdraw a question',
        description: 'Takes back a question of one’s own for good. To do so again changes nothing.',
        tags: ['Questions'],
        example: { questionId },
        reasons: ofQuestion,
      },
    })
    .input(withdrawQuestionInput)
    .output(withdrawnQuestion)
    .mutation(({ ctx, input }) => withdrawQuestion(ctx.app, input, ctx.tokenHash)),

  list: authedProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/api/sessions/{code}/questions',
        summary: 'List the questions',
        description:
          'Gives the questions of a session in pages: pinned ones first, then by votes, then oldest; or the newest first.',
        tags: ['Questions'],
        example: { code: '7M2XJD', order: 'top', limit: 50 },
        reasons: ['FORBIDDEN', 'SESSION_NOT_FOUND'],
      },
    })
    .input(listQuestionsInput)
    .output(questionPage)
    .query(({ ctx, input }) => listQuestions(ctx.app, input, ctx.tokenHash)),

  vote: authedProcedure
    .meta({
      openapi: {
        method: 'PUT',
        path: '/api/questions/{questionId}/vote',
        summary: 'Vote for a question',
        description: 'Sets one’s vote, and does not toggle it.',
        tags: ['Questions'],
        example: { questionId, on: true },
        reasons: ofQuestion,
      },
    })
    .input(voteInput)
    .output(question)
    .mutation(({ ctx, input }) => vote(ctx.app, input, ctx.tokenHash)),

  setStatus: authedProcedure
    .meta({
      openapi: {
        method: 'PUT',
        path: '/api/questions/{questionId}/status',
        summary: 'Set the status of a question',
        description:
          'Answers a question, hides it, or makes it pending again, however many its author has pending.',
        tags: ['Questions'],
        example: { questionId, status: 'answered' },
        reasons: ofQuestion,
      },
    })
    .input(setQuestionStatusInput)
    .output(question)
    .mutation(({ ctx, input }) => setQuestionStatus(ctx.app, input, ctx.tokenHash)),

  pin: authedProcedure
    .meta({
      openapi: {
        method: 'PUT',
        path: '/api/questions/{questionId}/pin',
        summary: 'Pin a question',
        description: 'Puts a question above those that are not pinned, or does so no more.',
        tags: ['Questions'],
        example: { questionId, on: true },
        reasons: ofQuestion,
      },
    })
    .input(pinQuestionInput)
    .output(question)
    .mutation(({ ctx, input }) => pinQuestion(ctx.app, input, ctx.tokenHash)),
});
