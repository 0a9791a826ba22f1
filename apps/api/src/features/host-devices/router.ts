import {
  createdPairingCode,
  redeemedPairingCode,
  redeemPairingCodeInput,
  sessionByCodeInput,
} from '@classroom/schema';
import { OPEN_SESSION_REASONS, router } from '../../trpc/init.ts';
import { authedProcedure, joinCodeProcedure } from '../../trpc/procedures.ts';
import { createPairingCode, redeemPairingCode } from './pairing.ts';

const code = '7M2XJD';

export const hostDevicesRouter = router({
  createPairingCode: authedProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/api/sessions/{code}/pairing-codes',
        summary: 'Create a pairing code',
        description:
          'Creates a code with which another device obtains a host token. The code works once, for five minutes and ten guesses, and replaces the previous code.',
        tags: ['Pairing'],
        example: { code },
        reasons: OPEN_SESSION_REASONS,
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
        description:
          'Redeems a pairing code and returns a host token for this device. The host’s other tokens stay valid.',
        tags: ['Pairing'],
        example: { code, pairingCode: 'K7M2XJD4' },
        reasons: ['SESSION_NOT_FOUND', 'PAIRING_CODE_INVALID'],
      },
    })
    .input(redeemPairingCodeInput)
    .output(redeemedPairingCode)
    .mutation(({ ctx, input }) => redeemPairingCode(ctx.app, input)),
});
