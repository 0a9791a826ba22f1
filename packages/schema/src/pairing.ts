import { z } from 'zod';
import { typedCode } from './code.ts';
import { joinCode } from './join-code.ts';
import { sessionSummary } from './session.ts';

export const PAIRING_CODE_LENGTH = 8;

/** What gives the host's rights to another device, once and for some minutes. */
export const createdPairingCode = z.object({
  pairingCode: z.string(),
  expiresAt: z.iso.datetime(),
});
export type CreatedPairingCode = z.infer<typeof createdPairingCode>;

export const redeemPairingCodeInput = z.object({
  code: joinCode,
  pairingCode: typedCode(PAIRING_CODE_LENGTH, PAIRING_CODE_LENGTH),
});
export type RedeemPairingCodeInput = z.infer<typeof redeemPairingCodeInput>;

/** The session, and a host's token of the device's own. It is shown this once. */
export const redeemedPairingCode = z.object({ session: sessionSummary, hostToken: z.string() });
export type RedeemedPairingCode = z.infer<typeof redeemedPairingCode>;
