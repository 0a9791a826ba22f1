import {
  createdPairingCode,
  createdSession,
  createSessionInput,
  deletedSession,
  exportedSession,
  joinedSession,
  joinSessionInput,
  listParticipantsInput,
  participantPage,
  redeemedPairingCode,
  redeemPairingCodeInput,
  removedParticipant,
  removeParticipantInput,
  sessionByCodeInput,
  sessionSummary,
} from '@classroom/schema';
import { router } from '../trpc/init.ts';
import { codeProcedure, creationProcedure, tokenProcedure } from '../trpc/procedures.ts';
import { createPairingCode } from './create-pairing-code.ts';
import { createSession } from './create-session.ts';
import { deleteSession } from './delete-session.ts';
import { endSession } from './end-session.ts';
import { exportSession } from './export-session.ts';
import { getSession } from './get-session.ts';
import { joinSession } from './join-session.ts';
import { listParticipants } from './list-participants.ts';
import { operations } from './operations.ts';
import { prolongSession } from './prolong-session.ts';
import { redeemPairingCode } from './redeem-pairing-code.ts';
import { removeParticipant } from './remove-participant.ts';
import { startSession } from './start-session.ts';

export const sessionsRouter = router({
  create: creationProcedure
    .meta({ openapi: operations.create })
    .input(createSessionInput)
    .output(createdSession)
    .mutation(({ ctx, input }) => createSession(ctx.deps, input)),

  get: codeProcedure
    .meta({ token: 'optional', openapi: operations.get })
    .input(sessionByCodeInput)
    .output(sessionSummary)
    .query(({ ctx, input }) => getSession(ctx.deps, input, ctx.tokenHash)),

  join: codeProcedure
    .meta({ token: 'optional', openapi: operations.join })
    .input(joinSessionInput)
    .output(joinedSession)
    .mutation(({ ctx, input }) => joinSession(ctx.deps, input, ctx.token)),

  participants: tokenProcedure
    .meta({ openapi: operations.participants })
    .input(listParticipantsInput)
    .output(participantPage)
    .query(({ ctx, input }) => listParticipants(ctx.deps, input, ctx.tokenHash)),

  start: tokenProcedure
    .meta({ openapi: operations.start })
    .input(sessionByCodeInput)
    .output(sessionSummary)
    .mutation(({ ctx, input }) => startSession(ctx.deps, input, ctx.tokenHash)),

  prolong: tokenProcedure
    .meta({ openapi: operations.prolong })
    .input(sessionByCodeInput)
    .output(sessionSummary)
    .mutation(({ ctx, input }) => prolongSession(ctx.deps, input, ctx.tokenHash)),

  end: tokenProcedure
    .meta({ openapi: operations.end })
    .input(sessionByCodeInput)
    .output(sessionSummary)
    .mutation(({ ctx, input }) => endSession(ctx.deps, input, ctx.tokenHash)),

  export: tokenProcedure
    .meta({ openapi: operations.export })
    .input(sessionByCodeInput)
    .output(exportedSession)
    .query(({ ctx, input }) => exportSession(ctx.deps, input, ctx.tokenHash)),

  delete: tokenProcedure
    .meta({ openapi: operations.delete })
    .input(sessionByCodeInput)
    .output(deletedSession)
    .mutation(({ ctx, input }) => deleteSession(ctx.deps, input, ctx.tokenHash)),

  removeParticipant: tokenProcedure
    .meta({ openapi: operations.removeParticipant })
    .input(removeParticipantInput)
    .output(removedParticipant)
    .mutation(({ ctx, input }) => removeParticipant(ctx.deps, input, ctx.tokenHash)),

  createPairingCode: tokenProcedure
    .meta({ openapi: operations.createPairingCode })
    .input(sessionByCodeInput)
    .output(createdPairingCode)
    .mutation(({ ctx, input }) => createPairingCode(ctx.deps, input, ctx.tokenHash)),

  redeemPairingCode: codeProcedure
    .meta({ openapi: operations.redeemPairingCode })
    .input(redeemPairingCodeInput)
    .output(redeemedPairingCode)
    .mutation(({ ctx, input }) => redeemPairingCode(ctx.deps, input)),
});
