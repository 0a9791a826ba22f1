import {
  createdPairingCode,
  redeemedPairingCode,
  redeemPairingCodeInput,
  sessionByCodeInput,
} from '@classroom/schema';
import { router } from '../../trpc/init.ts';
import { authedProcedure, joinCodeProcedure } from '../../trpc/procedures.ts';
import { createPairingCode, redeemPairingCode } from './pairing.ts';

const code = '7M2XJD';

const inOpenSession = ['FORBIDDEN', 'SESSION_NOT_FOUND', 'SESSION_ENDED'] as const;

export const hostDevicesRouter = router({
  createPairingCode: authedProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/api/sessions/{code}/pairing-codes',
        summary: 'Create a pairing code',
        description:
          'Creates a code that gives another device the host’s rights. It works once, expires after five minutes or ten wrong guesses, and replaces the previous code.',
        tags: ['Pairing'],
        example: { code },
        reasons: inOpenSession,
        creates: true,
      },
    })
    .input(sessionByCodeInput)
    .output(createdPairingCode)
    .mutation(({ ctx, input }) => createPairingCode(ctx.app, input, ctx.tokenHash)),

  redeemPairingCode: joinCodeProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/api/sessions/{code}/pairing-codes/redeem',
        summary: 'Redeem a pairing code',
        description: 'Returns a host token for another device. The host’s other tokens stay valid.',
        tags: ['Pairing'],
        example: { code, pairingCode: 'K7M2XJD4' },
        reasons: ['SESSION_NOT_FOUND', 'UNAUTHENTICATED'],
      },
    })
    .input(redeemPairingCodeInput)
    .output(redeemedPairingCode)
    .mutation(({ ctx, input }) => redeemPairingCode(ctx.app, input)),
});
