import { z } from 'zod';
import { idempotencyKey, joinCode } from './code.ts';
import { idCursor, pageInput, pageOf } from './page.ts';
import { sessionSummary } from './session.ts';

export const createHostKeyInput = z.object({ idempotencyKey: idempotencyKey.optional() });
export type CreateHostKeyInput = z.infer<typeof createHostKeyInput>;

/** A host key, which only a replay with the same idempotency key returns again. */
export const createdHostKey = z.object({ hostKey: z.string() }).meta({ id: 'CreatedHostKey' });
export type CreatedHostKey = z.infer<typeof createdHostKey>;

export const forgottenHostKey = z
  .object({ forgotten: z.literal(true) })
  .meta({ id: 'ForgottenHostKey' });
export type ForgottenHostKey = z.infer<typeof forgottenHostKey>;

export const listHostSessionsInput = pageInput.extend({ cursor: idCursor.optional() });
export type ListHostSessionsInput = z.output<typeof listHostSessionsInput>;

export const sessionPage = pageOf(sessionSummary, 'SessionPage');
export type SessionPage = z.infer<typeof sessionPage>;

export const enterSessionInput = z.object({ code: joinCode });
export type EnterSessionInput = z.infer<typeof enterSessionInput>;

/** A session of the host key, and a new host token, which no later call returns. */
export const enteredSession = z
  .object({ session: sessionSummary, hostToken: z.string() })
  .meta({ id: 'EnteredSession' });
export type EnteredSession = z.infer<typeof enteredSession>;
