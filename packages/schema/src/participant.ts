import { z } from 'zod';
import { idempotencyKey } from './idempotency-key.ts';
import { joinCode } from './join-code.ts';
import { sessionSummary } from './session.ts';
import { displayName } from './user.ts';

export const participantRole = z.enum(['host', 'participant']);
export type ParticipantRole = z.infer<typeof participantRole>;

export const participant = z.object({
  id: z.int(),
  displayName: z.string(),
  role: participantRole,
  joinedAt: z.iso.datetime(),
});
export type Participant = z.infer<typeof participant>;

export const joinSessionInput = z.object({
  code: joinCode,
  displayName,
  idempotencyKey: idempotencyKey.optional(),
});
export type JoinSessionInput = z.infer<typeof joinSessionInput>;

/** Who came in, and the secret with which they act in the session. */
export const joinedSession = z.object({
  session: sessionSummary,
  participant,
  participantToken: z.string(),
});
export type JoinedSession = z.infer<typeof joinedSession>;
