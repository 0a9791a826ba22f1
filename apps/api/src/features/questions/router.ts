import {
  listQuestionsInput,
  muteAuthorInput,
  mutedAuthor,
  pinQuestionInput,
  question,
  questionPage,
  setQuestionStatusInput,
  submitQuestionInput,
  voteInput,
  withdrawQuestionInput,
  withdrawnQuestion,
} from '@classroom/schema';
import { OPEN_SESSION_REASONS, SESSION_REASONS, router } from '../../trpc/init.ts';
import { authedProcedure, submissionProcedure } from '../../trpc/procedures.ts';
import { listQuestions } from './list.ts';
import { muteAuthor, pinQuestion, setQuestionStatus } from './moderate.ts';
import { submitQuestion } from './submit.ts';
import { vote } from './vote.ts';
import { withdrawQuestion } from './withdraw.ts';

const questionId = 1;

const VOTE_REASONS = ['QUESTION_NOT_FOUND', 'SESSION_ENDED'] as const;
const QUESTION_REASONS = [...VOTE_REASONS, 'FORBIDDEN'] as const;

export const questionsRouter = router({
  submit: submissionProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/api/sessions/{code}/questions',
        summary: 'Submit a question',
        description:
          'Submits a question to an open session, under the author’s name or anonymously. In a moderated session, the question waits until the host or a moderator approves it. An author can have three pending or waiting questions. A retry with the same idempotency key returns the first response, with the status `waiting` only while the question waits.',
        tags: ['Questions'],
        example: { code: '7M2XJD', body: 'Why is minus times minus plus?', anonymous: false },
        reasons: [
          ...OPEN_SESSION_REASONS,
          'SESSION_FULL',
          'MUTED',
          'QUESTION_LIMIT',
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
        description:
          'Permanently deletes the text and the votes of the caller’s own question. Withdrawing it again changes nothing.',
        tags: ['Questions'],
        example: { questionId },
        reasons: QUESTION_REASONS,
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
        summary: 'List questions',
        description:
          'Returns a page of the questions of a session, open or ended. The order `top` lists pinned questions first, then by votes, then oldest first; `newest` lists the newest first. Only the host and moderators see hidden questions, and the waiting questions of others.',
        tags: ['Questions'],
        example: { code: '7M2XJD', order: 'top', limit: 50 },
        reasons: SESSION_REASONS,
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
        summary: 'Vote for a question or remove the vote',
        description:
          'Adds the caller’s vote if `on` is true, and removes it otherwise. Repeating a vote changes nothing.',
        tags: ['Questions'],
        example: { questionId, on: true },
        reasons: VOTE_REASONS,
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
        summary: 'Update the status of a question',
        description:
          'Approves, answers, hides or reopens a question. The status `pending` approves a waiting question. A reopened question does not count towards its author’s limit of pending questions. Setting the current status changes nothing.',
        tags: ['Questions'],
        example: { questionId, status: 'answered' },
        reasons: QUESTION_REASONS,
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
        summary: 'Pin or unpin a question',
        description:
          'Pins a question if `on` is true, and unpins it otherwise. Pinned questions come first in the order `top`.',
        tags: ['Questions'],
        example: { questionId, on: true },
        reasons: QUESTION_REASONS,
      },
    })
    .input(pinQuestionInput)
    .output(question)
    .mutation(({ ctx, input }) => pinQuestion(ctx.app, input, ctx.tokenHash)),

  muteAuthor: authedProcedure
    .meta({
      openapi: {
        method: 'PUT',
        path: '/api/questions/{questionId}/author/mute',
        summary: 'Mute or unmute the author of a question',
        description:
          'Refuses further questions of the author if `muted` is true, and allows them otherwise. The author can still vote. The response is the same for every author, and no list shows who is muted: an anonymous author stays anonymous. The host and moderators cannot be muted.',
        tags: ['Questions'],
        example: { questionId, muted: true },
        reasons: QUESTION_REASONS,
      },
    })
    .input(muteAuthorInput)
    .output(mutedAuthor)
    .mutation(({ ctx, input }) => muteAuthor(ctx.app, input, ctx.tokenHash)),
});
