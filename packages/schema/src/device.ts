import { z } from 'zod';
import { joinCode, pairingCode } from './code.ts';
import { idCursor, pageInput, pageOf } from './page.ts';
import { participant } from './participant.ts';
import { sessionSummary } from './session.ts';

/** The roles that a pairing code can give to a device. */
export const deviceRole = z.enum(['host', 'moderator', 'viewer']);
export type DeviceRole = z.infer<typeof deviceRole>;

export const createPairingCodeInput = z.object({
  code: joinCode,
  role: deviceRole.default('host'),
});
export type CreatePairingCodeInput = z.output<typeof createPairingCodeInput>;

export const createdPairingCode = z
  .object({
    pairingCode: z.string(),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'CreatedPairingCode' });
export type CreatedPairingCode = z.infer<typeof createdPairingCode>;

export const redeemPairingCodeInput = z.object({ code: joinCode, pairingCode });
export type RedeemPairingCodeInput = z.infer<typeof redeemPairingCodeInput>;

/** The session, the participant that the device acts as, and its token, which no later call returns. */
export const redeemedPairingCode = z
  .object({
    session: sessionSummary,
    participant,
    token: z.string(),
    /** The token again, if the role is `host`. */
    hostToken: z.string().optional(),
  })
  .meta({ id: 'RedeemedPairingCode' });
export type RedeemedPairingCode = z.infer<typeof redeemedPairingCode>;

/** A device with a token of its own, which the host can revoke. */
export const device = z
  .object({
    id: z.int(),
    role: deviceRole,
    createdAt: z.iso.datetime(),
    /** Whether it is the device of the caller. */
    current: z.boolean(),
  })
  .meta({ id: 'Device' });
export type Device = z.infer<typeof device>;

export const listDevicesInput = pageInput.extend({
  code: joinCode,
  cursor: idCursor.optional(),
});
export type ListDevicesInput = z.output<typeof listDevicesInput>;

export const devicePage = pageOf(device, 'DevicePage');
export type DevicePage = z.infer<typeof devicePage>;

export const revokeDeviceInput = z.object({ code: joinCode, deviceId: z.int().positive() });
export type RevokeDeviceInput = z.infer<typeof revokeDeviceInput>;

export const revokedDevice = z.object({ deviceId: z.int() }).meta({ id: 'RevokedDevice' });
export type RevokedDevice = z.infer<typeof revokedDevice>;
