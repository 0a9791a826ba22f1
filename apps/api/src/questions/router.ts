import {
  listQuestionsInput,
  pinQuestionInput,
  question,
  questionPage,
  setQuestionStatusInput,
  submitQuestionInput,
  voteInput,
  withdrawnQuestion,
  withdrawQuestionInput,
} from '@classroom/schema';
import { router } from '../trpc/init.ts';
import { submissionProcedure, tokenProcedure } from '../trpc/procedures.ts';
import { listQuestions } from './list-questions.ts';
import { operations } from './operations.ts';
import { pinQuestion } from './pin-question.ts';
import { setQuestionStatus } from './set-question-status.ts';
import { submitQuestion } from './submit-question.ts';
import { vote } from './vote.ts';
import { withdrawQuestion } from './withdraw-question.ts';

export const questionsRouter = router({
  submit: submissionProcedure
    .meta({ openapi: operations.submit })
    .input(submitQuestionInput)
    .output(question)
    .mutation(({ ctx, input }) => submitQuestion(ctx.deps, input, ctx.tokenHash)),

  withdraw: tokenProcedure
    .meta({ openapi: operations.withdraw })
    .input(withdrawQuestionInput)
    .output(withdrawnQuestion)
    .mutation(({ ctx, input }) => withdrawQuestion(ctx.deps, input, ctx.tokenHash)),

  list: tokenProcedure
    .meta({ openapi: operations.list })
    .input(listQuestionsInput)
    .output(questionPage)
    .query(({ ctx, input }) => listQuestions(ctx.deps, input, ctx.tokenHash)),

  vote: tokenProcedure
    .meta({ openapi: operations.vote })
    .input(voteInput)
    .output(question)
    .mutation(({ ctx, input }) => vote(ctx.deps, input, ctx.tokenHash)),

  setStatus: tokenProcedure
    .meta({ openapi: operations.setStatus })
    .input(setQuestionStatusInput)
    .output(question)
    .mutation(({ ctx, input }) => setQuestionStatus(ctx.deps, input, ctx.tokenHash)),

  pin: tokenProcedure
    .meta({ openapi: operations.pin })
    .input(pinQuestionInput)
    .output(question)
    .mutation(({ ctx, input }) => pinQuestion(ctx.deps, input, ctx.tokenHash)),
});
