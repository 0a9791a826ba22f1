import { z } from 'zod';
import { idempotencyKey, joinCode } from './code.ts';
import { displayName, text } from './text.ts';

/** The maximum number of open (not ended) sessions per host. */
export const HOST_SESSION_LIMIT = 3;

export const sessionStatus = z.enum(['draft', 'active', 'ended']);
export type SessionStatus = z.infer<typeof sessionStatus>;

/** Whether new participants may join an open session. */
export const sessionJoining = z.enum(['open', 'closed']);
export type SessionJoining = z.infer<typeof sessionJoining>;

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
    /** Null for a draft, and for a session that ended as one. */
    startedAt: z.iso.datetime().nullable(),
    /** Null for an open session. */
    endedAt: z.iso.datetime().nullable(),
    /** An open session ends at this time. */
    expiresAt: z.iso.datetime(),
    joining: sessionJoining,
    /** Whether new questions wait for approval. */
    moderated: z.boolean(),
  })
  .meta({ id: 'SessionSummary' });
export type SessionSummary = z.infer<typeof sessionSummary>;

export const createSessionInput = z.object({
  title: text(200),
  hostDisplayName: displayName,
  /** Whether new questions wait for approval; false by default. */
  moderated: z.boolean().optional(),
  idempotencyKey: idempotencyKey.optional(),
});
export type CreateSessionInput = z.infer<typeof createSessionInput>;

/** A new session and the host's token, which no later call returns. */
export const createdSession = sessionSummary
  .extend({ hostToken: z.string() })
  .meta({ id: 'CreatedSession' });
export type CreatedSession = z.infer<typeof createdSession>;

export const configureSessionInput = z.object({
  code: joinCode,
  title: text(200).optional(),
  joining: sessionJoining.optional(),
  moderated: z.boolean().optional(),
});
export type ConfigureSessionInput = z.infer<typeof configureSessionInput>;

export const duplicateSessionInput = z.object({
  code: joinCode,
  /** The title of the duplicated session by default. */
  title: text(200).optional(),
  idempotencyKey: idempotencyKey.optional(),
});
export type DuplicateSessionInput = z.infer<typeof duplicateSessionInput>;

/** The join code that the deleted session had. */
export const deletedSession = z.object({ code: z.string() }).meta({ id: 'DeletedSession' });
export type DeletedSession = z.infer<typeof deletedSession>;

export const sessionByCodeInput = z.object({ code: joinCode });
export type SessionByCodeInput = z.infer<typeof sessionByCodeInput>;
