import {
  createPairingCodeInput,
  createdPairingCode,
  devicePage,
  listDevicesInput,
  redeemedPairingCode,
  redeemPairingCodeInput,
  revokeDeviceInput,
  revokedDevice,
} from '@classroom/schema';
import { OPEN_SESSION_REASONS, SESSION_REASONS, router } from '../../trpc/init.ts';
import { authedProcedure, joinCodeProcedure } from '../../trpc/procedures.ts';
import { listDevices, revokeDevice } from './devices.ts';
import { createPairingCode, redeemPairingCode } from './pairing.ts';

const code = '7M2XJD';

export const devicesRouter = router({
  createPairingCode: authedProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/api/sessions/{code}/pairing-codes',
        summary: 'Create a pairing code',
        description:
          'Creates a code with which another device obtains a token of its own: as `host` (the default) with all rights of the host, as `moderator` with the right to see and moderate all questions, or as `viewer` with the right to read, for a projector. The code works once, for five minutes, and replaces the previous code.',
        tags: ['Devices'],
        example: { code, role: 'moderator' },
        reasons: OPEN_SESSION_REASONS,
        creates: true,
      },
    })
    .input(createPairingCodeInput)
    .output(createdPairingCode)
    .mutation(({ ctx, input }) => createPairingCode(ctx.app, input, ctx.tokenHash)),

  redeemPairingCode: joinCodeProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/api/sessions/{code}/pairing-codes/redeem',
        summary: 'Redeem a pairing code',
        description:
          'Redeems a pairing code and returns a token for this device, and the participant that it acts as. A moderator and a viewer act on behalf of the host and have the host’s display name. All other tokens stay valid.',
        tags: ['Devices'],
        example: { code, pairingCode: 'K7M2XJD4' },
        reasons: ['SESSION_NOT_FOUND', 'PAIRING_CODE_INVALID'],
      },
    })
    .input(redeemPairingCodeInput)
    .output(redeemedPairingCode)
    .mutation(({ ctx, input }) => redeemPairingCode(ctx.app, input)),

  devices: authedProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/api/sessions/{code}/devices',
        summary: 'List devices',
        description:
          'Returns a page of the devices with a valid token from a pairing code of the session, open or ended, the oldest first.',
        tags: ['Devices'],
        example: { code, limit: 50 },
        reasons: SESSION_REASONS,
      },
    })
    .input(listDevicesInput)
    .output(devicePage)
    .query(({ ctx, input }) => listDevices(ctx.app, input, ctx.tokenHash)),

  revokeDevice: authedProcedure
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/api/sessions/{code}/devices/{deviceId}',
        summary: 'Revoke a device',
        description:
          'Invalidates the token of a device and ends its live streams, in an ended session too. The questions of a moderator stay without an author. With a device of the host, a pairing code that is not yet redeemed becomes invalid too. Other devices stay valid.',
        tags: ['Devices'],
        example: { code, deviceId: 2 },
        reasons: [...SESSION_REASONS, 'PARTICIPANT_NOT_FOUND'],
      },
    })
    .input(revokeDeviceInput)
    .output(revokedDevice)
    .mutation(({ ctx, input }) => revokeDevice(ctx.app, input, ctx.tokenHash)),
});
