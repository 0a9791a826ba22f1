import {
  joinedSession,
  joinSessionInput,
  listParticipantsInput,
  participantPage,
  removedParticipant,
  removeParticipantInput,
} from '@classroom/schema';
import { router } from '../../trpc/init.ts';
import { authedProcedure, joinCodeProcedure } from '../../trpc/procedures.ts';
import { joinSession } from './join.ts';
import { listParticipants } from './list.ts';
import { removeParticipant } from './remove.ts';

const code = '7M2XJD';

const inSession = ['FORBIDDEN', 'SESSION_NOT_FOUND'] as const;
const inOpenSession = [...inSession, 'SESSION_ENDED'] as const;

export const participantsRouter = router({
  join: joinCodeProcedure
    .meta({
      token: 'optional',
      openapi: {
        method: 'POST',
        path: '/api/sessions/{code}/participants',
        summary: 'Join a session',
        description:
          'Adds a participant to an open session under a display name that is free in it, and returns the participant token. Store the token: no other call returns it. A caller who sends the token of the participant of that name rejoins as that participant.',
        tags: ['Participants'],
        example: { code, displayName: 'Grace' },
        reasons: [...inOpenSession, 'SESSION_FULL', 'NAME_TAKEN', 'IDEMPOTENCY_KEY_REUSED'],
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
          'Returns a page of the participants: the host first, then the others in the order of joining.',
        tags: ['Participants'],
        example: { code, limit: 50 },
        reasons: inSession,
      },
    })
    .input(listParticipantsInput)
    .output(participantPage)
    .query(({ ctx, input }) => listParticipants(ctx.app, input, ctx.tokenHash)),

  removeParticipant: authedProcedure
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/api/sessions/{code}/participants/{participantId}',
        summary: 'Remove a participant',
        description:
          'Removes a participant from an open session and revokes their token. With `block=true`, later joins under the same name or token are refused.',
        tags: ['Participants'],
        example: { code, participantId: 2, block: false },
        reasons: inOpenSession,
      },
    })
    .input(removeParticipantInput)
    .output(removedParticipant)
    .mutation(({ ctx, input }) => removeParticipant(ctx.app, input, ctx.tokenHash)),
});
