import {
  joinedSession,
  joinSessionInput,
  listParticipantsInput,
  participantPage,
  removedParticipant,
  removeParticipantInput,
} from '@classroom/schema';
import { router } from '../../trpc/init.ts';
import { joinCodeProcedure, authedProcedure } from '../../trpc/procedures.ts';
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
          'Lets somebody in under a name that is free in the session. With the token of the participant of that name it is the same participant again.',
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
        summary: 'List the participants',
        description:
          'Lists who takes part, in pages: the host, then the others by time of joining.',
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
          'Takes somebody out who joined. With `block=true` neither the name nor the token comes in again.',
        tags: ['Participants'],
        example: { code, participantId: 2, block: false },
        reasons: inOpenSession,
      },
    })
    .input(removeParticipantInput)
    .output(removedParticipant)
    .mutation(({ ctx, input }) => removeParticipant(ctx.app, input, ctx.tokenHash)),
});
