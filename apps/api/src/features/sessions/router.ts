import {
  createdSession,
  createSessionInput,
  deletedSession,
  exportedSession,
  sessionByCodeInput,
  sessionSummary,
} from '@classroom/schema';
import { router } from '../../trpc/init.ts';
import { joinCodeProcedure, createProcedure, authedProcedure } from '../../trpc/procedures.ts';
import { createSession } from './create.ts';
import { exportSession } from './export.ts';
import { getSession } from './get.ts';
import { deleteSession, endSession, extendSession, startSession } from './lifecycle.ts';

const code = '7M2XJD';

const inSession = ['FORBIDDEN', 'SESSION_NOT_FOUND'] as const;
const inOpenSession = [...inSession, 'SESSION_ENDED'] as const;

export const sessionsRouter = router({
  create: createProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/api/sessions',
        summary: 'Create a session',
        description:
          'Opens a session for the host of that name, who is created when there is none. The token of the host is shown only here. A retry under the same idempotency key gets the same answer.',
        tags: ['Sessions'],
        example: { title: 'Algebra I', hostDisplayName: 'Ada' },
        reasons: ['HOST_SESSION_LIMIT', 'IDEMPOTENCY_KEY_REUSED', 'JOIN_CODE_EXHAUSTED'],
        creates: true,
      },
    })
    .input(createSessionInput)
    .output(createdSession)
    .mutation(({ ctx, input }) => createSession(ctx.app, input)),

  get: joinCodeProcedure
    .meta({
      token: 'optional',
      openapi: {
        method: 'GET',
        path: '/api/sessions/{code}',
        summary: 'Look a session up',
        description:
          'Finds a session by its code, however it is typed. An ended session is found only with the token of one of its participants.',
        tags: ['Sessions'],
        example: { code },
        reasons: ['SESSION_NOT_FOUND'],
      },
    })
    .input(sessionByCodeInput)
    .output(sessionSummary)
    .query(({ ctx, input }) => getSession(ctx.app, input, ctx.tokenHash)),

  start: authedProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/api/sessions/{code}/start',
        summary: 'Start a session',
        description: 'Makes a draft active. To start it again changes nothing.',
        tags: ['Sessions'],
        example: { code },
        reasons: inOpenSession,
      },
    })
    .input(sessionByCodeInput)
    .output(sessionSummary)
    .mutation(({ ctx, input }) => startSession(ctx.app, input, ctx.tokenHash)),

  prolong: authedProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/api/sessions/{code}/prolong',
        summary: 'Prolong a session',
        description: 'Lets the time to live of an open session start anew.',
        tags: ['Sessions'],
        example: { code },
        reasons: inOpenSession,
      },
    })
    .input(sessionByCodeInput)
    .output(sessionSummary)
    .mutation(({ ctx, input }) => extendSession(ctx.app, input, ctx.tokenHash)),

  end: authedProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/api/sessions/{code}/end',
        summary: 'End a session',
        description: 'Ends a session for good. To end it again changes nothing.',
        tags: ['Sessions'],
        example: { code },
        reasons: inSession,
      },
    })
    .input(sessionByCodeInput)
    .output(sessionSummary)
    .mutation(({ ctx, input }) => endSession(ctx.app, input, ctx.tokenHash)),

  export: authedProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/api/sessions/{code}/export',
        summary: 'Export a session',
        description:
          'Gives everything of a session, open or ended. With `Accept: text/csv` its questions as a table.',
        tags: ['Sessions'],
        example: { code },
        reasons: inSession,
      },
    })
    .input(sessionByCodeInput)
    .output(exportedSession)
    .query(({ ctx, input }) => exportSession(ctx.app, input, ctx.tokenHash)),

  delete: authedProcedure
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/api/sessions/{code}',
        summary: 'Delete a session',
        description:
          'Deletes a session, open or ended, with everything in it. No token of it is good from then on.',
        tags: ['Sessions'],
        example: { code },
        reasons: inSession,
      },
    })
    .input(sessionByCodeInput)
    .output(deletedSession)
    .mutation(({ ctx, input }) => deleteSession(ctx.app, input, ctx.tokenHash)),
});
