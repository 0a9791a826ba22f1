import { z } from 'zod';
import { idempotencyKey } from './idempotency-key.ts';
import { joinCode } from './join-code.ts';
import { text } from './text.ts';
import { displayName, userSummary } from './user.ts';

/** How many sessions of one host may be open (not ended) at a time. */
export const HOST_SESSION_LIMIT = 3;

export const sessionStatus = z.enum(['draft', 'active', 'ended']);
export type SessionStatus = z.infer<typeof sessionStatus>;

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

/** A new session, and the secret with which its host acts in it. It is shown this once. */
export const createdSession = sessionSummary.extend({ hostToken: z.string() });
export type CreatedSession = z.infer<typeof createdSession>;

/** Under what code the session was. */
export const deletedSession = z.object({ code: z.string() });
export type DeletedSession = z.infer<typeof deletedSession>;

/** Names a session by its join code. */
export const sessionByCodeInput = z.object({ code: joinCode });
export type SessionByCodeInput = z.infer<typeof sessionByCodeInput>;
