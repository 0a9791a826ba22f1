import {
  configureSessionInput,
  createdSession,
  createSessionInput,
  deletedSession,
  duplicateSessionInput,
  exportedSession,
  sessionByCodeInput,
  sessionSummary,
} from '@classroom/schema';
import { optionalHostKeyHash } from '../../host-keys.ts';
import { OPEN_SESSION_REASONS, SESSION_REASONS, router } from '../../trpc/init.ts';
import {
  authedProcedure,
  createAsHostProcedure,
  createProcedure,
  joinCodeProcedure,
} from '../../trpc/procedures.ts';
import { createSession, duplicateSession } from './create.ts';
import { exportSession } from './export.ts';
import { getSession } from './get.ts';
import {
  configureSession,
  deleteSession,
  endSession,
  extendSession,
  startSession,
} from './lifecycle.ts';

const code = '7M2XJD';

export const sessionsRouter = router({
  create: createProcedure
    .meta({
      token: 'optional',
      openapi: {
        method: 'POST',
        path: '/api/sessions',
        summary: 'Create a session',
        description:
          'Creates a draft session and returns its join code and the host token. Store the token: no other call returns it. In a moderated session, questions wait until the host or a moderator approves them. With a host key as the token, the session belongs to that key, which can have three open sessions. Without one, a host name can have three. A retry with the same idempotency key returns the first response.',
        tags: ['Sessions'],
        example: { title: 'Algebra I', hostDisplayName: 'Ada' },
        reasons: [
          'UNAUTHENTICATED',
          'HOST_SESSION_LIMIT',
          'IDEMPOTENCY_KEY_REUSED',
          'JOIN_CODE_EXHAUSTED',
        ],
        creates: true,
      },
    })
    .input(createSessionInput)
    .output(createdSession)
    .mutation(({ ctx, input }) => createSession(ctx.app, input, optionalHostKeyHash(ctx.token))),

  get: joinCodeProcedure
    .meta({
      token: 'optional',
      openapi: {
        method: 'GET',
        path: '/api/sessions/{code}',
        summary: 'Retrieve a session',
        description:
          'Retrieves a session by its join code. Case, spaces and hyphens in the code do not matter. Only participants can retrieve an ended session.',
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
        description: 'Makes a draft session active. Starting an active session changes nothing.',
        tags: ['Sessions'],
        example: { code },
        reasons: OPEN_SESSION_REASONS,
      },
    })
    .input(sessionByCodeInput)
    .output(sessionSummary)
    .mutation(({ ctx, input }) => startSession(ctx.app, input, ctx.tokenHash)),

  extend: authedProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/api/sessions/{code}/extend',
        summary: 'Extend a session',
        description:
          'Restarts the time to live of an open session: it then expires `SESSION_TTL_HOURS` from now, by default 24 hours. Never moves the expiry beyond seven days after the creation, and never shortens it.',
        tags: ['Sessions'],
        example: { code },
        reasons: OPEN_SESSION_REASONS,
      },
    })
    .input(sessionByCodeInput)
    .output(sessionSummary)
    .mutation(({ ctx, input }) => extendSession(ctx.app, input, ctx.tokenHash)),

  configure: authedProcedure
    .meta({
      openapi: {
        method: 'PATCH',
        path: '/api/sessions/{code}',
        summary: 'Configure a session',
        description:
          'Changes the title of an open session, whether participants may join, or whether new questions wait for approval. Questions that wait when moderation is turned off go on waiting. Omitted settings stay as they are.',
        tags: ['Sessions'],
        example: { code, title: 'Algebra I, part 2', joining: 'closed', moderated: true },
        reasons: OPEN_SESSION_REASONS,
      },
    })
    .input(configureSessionInput)
    .output(sessionSummary)
    .mutation(({ ctx, input }) => configureSession(ctx.app, input, ctx.tokenHash)),

  duplicate: createAsHostProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/api/sessions/{code}/duplicate',
        summary: 'Duplicate a session',
        description:
          'Creates a draft session with the host, the host key, the title and the settings of a session, open or ended, and without its participants and questions. Returns its join code and its host token. A retry with the same idempotency key returns the first response.',
        tags: ['Sessions'],
        example: { code },
        reasons: [
          ...SESSION_REASONS,
          'HOST_SESSION_LIMIT',
          'IDEMPOTENCY_KEY_REUSED',
          'JOIN_CODE_EXHAUSTED',
        ],
        creates: true,
      },
    })
    .input(duplicateSessionInput)
    .output(createdSession)
    .mutation(({ ctx, input }) => duplicateSession(ctx.app, input, ctx.tokenHash)),

  prolong: authedProcedure
    .meta({
      openapi: {
        method: 'POST',
        deprecated: true,
        path: '/api/sessions/{code}/prolong',
        summary: 'Extend a session (deprecated)',
        description: 'An alias of `sessions.extend` for older clients.',
        tags: ['Sessions'],
        example: { code },
        reasons: OPEN_SESSION_REASONS,
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
        description:
          'Ends a session permanently and frees one of the host’s three slots. Ending an ended session changes nothing.',
        tags: ['Sessions'],
        example: { code },
        reasons: SESSION_REASONS,
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
          'Returns a session, open or ended, with all participants and questions, hidden questions included. Returns the questions as CSV to a client that prefers `text/csv` in its `Accept` header.',
        tags: ['Sessions'],
        example: { code },
        reasons: SESSION_REASONS,
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
          'Permanently deletes a session, open or ended, with its participants, questions and votes. All of its tokens become invalid.',
        tags: ['Sessions'],
        example: { code },
        reasons: SESSION_REASONS,
      },
    })
    .input(sessionByCodeInput)
    .output(deletedSession)
    .mutation(({ ctx, input }) => deleteSession(ctx.app, input, ctx.tokenHash)),
});
