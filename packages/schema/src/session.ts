import { z } from 'zod';
import { idempotencyKey, joinCode, pairingCode } from './code.ts';
import { displayName, text } from './text.ts';

/** The maximum number of open (not ended) sessions per host. */
export const HOST_SESSION_LIMIT = 3;

export const sessionStatus = z.enum(['draft', 'active', 'ended']);
export type SessionStatus = z.infer<typeof sessionStatus>;

export const userSummary = z
  .object({
    id: z.int(),
    displayName: z.string(),
  })
  .meta({ id: 'UserSummary' });
export type UserSummary = z.infer<typeof userSummary>;

export const sessionSummary = z
  .object({
    id: z.int(),
    code: z.string(),
    title: z.string(),
    status: sessionStatus,
    host: userSummary,
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'SessionSummary' });
export type SessionSummary = z.infer<typeof sessionSummary>;

export const createSessionInput = z.object({
  title: text(200),
  hostDisplayName: displayName,
  idempotencyKey: idempotencyKey.optional(),
});
export type CreateSessionInput = z.infer<typeof createSessionInput>;

/** A new session and the host's token, which no later call returns. */
export const createdSession = sessionSummary
  .extend({ hostToken: z.string() })
  .meta({ id: 'CreatedSession' });
export type CreatedSession = z.infer<typeof createdSession>;

/** The join code that the deleted session had. */
export const deletedSession = z.object({ code: z.string() }).meta({ id: 'DeletedSession' });
export type DeletedSession = z.infer<typeof deletedSession>;

export const sessionByCodeInput = z.object({ code: joinCode });
export type SessionByCodeInput = z.infer<typeof sessionByCodeInput>;

export const createdPairingCode = z
  .object({
    pairingCode: z.string(),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'CreatedPairingCode' });
export type CreatedPairingCode = z.infer<typeof createdPairingCode>;

export const redeemPairingCodeInput = z.object({ code: joinCode, pairingCode });
export type RedeemPairingCodeInput = z.infer<typeof redeemPairingCodeInput>;

/** The session and the new device's host token, which no later call returns. */
export const redeemedPairingCode = z
  .object({ session: sessionSummary, hostToken: z.string() })
  .meta({ id: 'RedeemedPairingCode' });
export type RedeemedPairingCode = z.infer<typeof redeemedPairingCode>;
