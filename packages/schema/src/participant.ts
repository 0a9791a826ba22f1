import { z } from 'zod';
import { idempotencyKey } from './idempotency-key.ts';
import { joinCode } from './join-code.ts';
import { pageInput, pageOf } from './page.ts';
import { sessionSummary } from './session.ts';
import { displayName } from './user.ts';

export const participantRole = z.enum(['host', 'participant']);
export type ParticipantRole = z.infer<typeof participantRole>;

export const participant = z
  .object({
    id: z.int(),
    displayName: z.string(),
    role: participantRole,
    joinedAt: z.iso.datetime(),
  })
  .meta({ id: 'Participant' });
export type Participant = z.infer<typeof participant>;

/** A place in the list of participants: the microsecond of joining, and the row. */
const participantCursor = z
  .string()
  .regex(/^\d{1,17}-\d{1,15}$/, 'Must be the nextCursor of an earlier page');

export const listParticipantsInput = pageInput.extend({
  code: joinCode,
  cursor: participantCursor.optional(),
});
export type ListParticipantsInput = z.output<typeof listParticipantsInput>;

export const participantPage = pageOf(participant);
export type ParticipantPage = z.infer<typeof participantPage>;

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

export const removeParticipantInput = z.object({
  code: joinCode,
  participantId: z.int().positive(),
  /** Whether neither the name nor the token may come in again. */
  block: z.boolean().default(false),
});
export type RemoveParticipantInput = z.output<typeof removeParticipantInput>;

/** Who was removed, and whether they are blocked too. */
export const removedParticipant = z.object({ participantId: z.int(), blocked: z.boolean() });
export type RemovedParticipant = z.infer<typeof removedParticipant>;
