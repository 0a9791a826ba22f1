import {
  joinedSession,
  joinSessionInput,
  leftSession,
  listParticipantsInput,
  me,
  participantPage,
  removedParticipant,
  removeParticipantInput,
  sessionByCodeInput,
  unblockParticipantInput,
} from '@classroom/schema';
import { OPEN_SESSION_REASONS, SESSION_REASONS, router } from '../../trpc/init.ts';
import { authedProcedure, joinCodeProcedure } from '../../trpc/procedures.ts';
import { joinSession } from './join.ts';
import { listParticipants } from './list.ts';
import { getMe } from './me.ts';
import { leave, removeParticipant, unblockParticipant } from './remove.ts';

const code = '7M2XJD';

export const participantsRouter = router({
  join: joinCodeProcedure
    .meta({
      token: 'optional',
      openapi: {
        method: 'POST',
        path: '/api/sessions/{code}/participants',
        summary: 'Join a session',
        description:
          'Adds a participant to an open session and returns the participant token. Store the token: no other call returns it. The display name must be unique in the session in any spelling: names that differ only in case, in compatible forms such as full-width letters, or in invisible characters are one name. With the token of the participant of that name, returns that participant instead. A retry with the same idempotency key returns the first response.',
        tags: ['Participants'],
        example: { code, displayName: 'Grace' },
        reasons: [
          ...OPEN_SESSION_REASONS,
          'SESSION_LOCKED',
          'SESSION_FULL',
          'NAME_TAKEN',
          'IDEMPOTENCY_KEY_REUSED',
        ],
        creates: true,
      },
    })
    .input(joinSessionInput)
    .output(joinedSession)
    .mutation(({ ctx, input }) => joinSession(ctx.app, input, ctx.token)),

  participants: authedProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/api/sessions/{code}/participants',
        summary: 'List participants',
        description:
          'Returns a page of the participants of a session, open or ended: the host first, then the others in the order of joining. The host and moderators also see blocked participants, with `blocked: true`.',
        tags: ['Participants'],
        example: { code, limit: 50 },
        reasons: SESSION_REASONS,
      },
    })
    .input(listParticipantsInput)
    .output(participantPage)
    .query(({ ctx, input }) => listParticipants(ctx.app, input, ctx.tokenHash)),

  me: authedProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/api/sessions/{code}/me',
        summary: 'Retrieve the caller',
        description:
          'Returns the session, open or ended, the participant that the token belongs to, and how many of the allowed pending questions are used.',
        tags: ['Participants'],
        example: { code },
        reasons: SESSION_REASONS,
      },
    })
    .input(sessionByCodeInput)
    .output(me)
    .query(({ ctx, input }) => getMe(ctx.app, input, ctx.tokenHash)),

  leave: authedProcedure
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/api/sessions/{code}/me',
        summary: 'Leave a session',
        description:
          'Removes the caller from an open session and withdraws their pending questions, except anonymous ones, whose disappearance would reveal who asked. The token becomes invalid, so a repeated call is refused with UNAUTHENTICATED. A host cannot leave.',
        tags: ['Participants'],
        example: { code },
        reasons: OPEN_SESSION_REASONS,
      },
    })
    .input(sessionByCodeInput)
    .output(leftSession)
    .mutation(({ ctx, input }) => leave(ctx.app, input, ctx.tokenHash)),

  removeParticipant: authedProcedure
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/api/sessions/{code}/participants/{participantId}',
        summary: 'Remove a participant',
        description:
          'Removes a participant from an open session and revokes their token. The host and moderators can call this. With `block=true`, later joins under the same name, in any spelling, or the same token are refused; this also blocks a participant removed before, unless another participant has the name by now (`NAME_TAKEN`). `blocked` in the response reports the state: it stays false for a participant who has left.',
        tags: ['Participants'],
        example: { code, participantId: 2, block: false },
        reasons: [...OPEN_SESSION_REASONS, 'PARTICIPANT_NOT_FOUND', 'NAME_TAKEN'],
      },
    })
    .input(removeParticipantInput)
    .output(removedParticipant)
    .mutation(({ ctx, input }) => removeParticipant(ctx.app, input, ctx.tokenHash)),

  unblock: authedProcedure
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/api/sessions/{code}/participants/{participantId}/block',
        summary: 'Unblock a participant',
        description:
          'Lifts a block in an open session. Only the host can call this. The participant stays removed, and may join again under the name as a new participant; the old token stays invalid. Does nothing for a participant who is not blocked.',
        tags: ['Participants'],
        example: { code, participantId: 2 },
        reasons: [...OPEN_SESSION_REASONS, 'PARTICIPANT_NOT_FOUND'],
      },
    })
    .input(unblockParticipantInput)
    .output(removedParticipant)
    .mutation(({ ctx, input }) => unblockParticipant(ctx.app, input, ctx.tokenHash)),
});
