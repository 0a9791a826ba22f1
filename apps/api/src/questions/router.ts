import { listQuestionsInput, question, questionPage, submitQuestionInput } from '@classroom/schema';
import { router } from '../trpc/init.ts';
import { tokenProcedure } from '../trpc/procedures.ts';
import { listQuestions } from './list-questions.ts';
import { submitQuestion } from './submit-question.ts';

export const questionsRouter = router({
  submit: tokenProcedure
    .input(submitQuestionInput)
    .output(question)
    .mutation(({ ctx, input }) => submitQuestion(ctx.deps, input, ctx.tokenHash)),

  list: tokenProcedure
    .input(listQuestionsInput)
    .output(questionPage)
    .query(({ ctx, input }) => listQuestions(ctx.deps, input, ctx.tokenHash)),
});
