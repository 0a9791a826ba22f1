import { z } from 'zod';
import { idempotencyKey, joinCode } from './code.ts';
import { INVALID_CURSOR, pageInput, pageOf } from './page.ts';
import { sessionSummary } from './session.ts';
import { displayName } from './text.ts';

export const participantRole = z.enum(['host', 'moderator', 'participant', 'viewer']);
export type ParticipantRole = z.infer<typeof participantRole>;

export const participant = z
  .object({
    id: z.int(),
    displayName: z.string(),
    role: participantRole,
    joinedAt: z.iso.datetime(),
    /** True for a blocked participant, whom only the host and moderators see. */
    blocked: z.literal(true).optional(),
  })
  .meta({ id: 'Participant' });
export type Participant = z.infer<typeof participant>;

/** The position of a participant: microseconds from 1970 to joining, and the id. */
export const participantCursor = z.codec(
  z.string().regex(/^\d{1,17}-\d{1,15}$/, INVALID_CURSOR),
  z.object({ microseconds: z.number(), id: z.number() }),
  {
    decode: (cursor) => {
      const [microseconds = 0, id = 0] = cursor.split('-').map(Number);
      return { microseconds, id };
    },
    encode: ({ microseconds, id }) => `${microseconds}-${id}`,
  },
);

export const listParticipantsInput = pageInput.extend({
  code: joinCode,
  cursor: participantCursor.optional(),
});
export type ListParticipantsInput = z.output<typeof listParticipantsInput>;

export const participantPage = pageOf(participant, 'ParticipantPage');
export type ParticipantPage = z.infer<typeof participantPage>;

export const joinSessionInput = z.object({
  code: joinCode,
  displayName,
  idempotencyKey: idempotencyKey.optional(),
});
export type JoinSessionInput = z.infer<typeof joinSessionInput>;

/** The new participant and their token, which only a replay with the same key returns again. */
export const joinedSession = z
  .object({
    session: sessionSummary,
    participant,
    participantToken: z.string(),
  })
  .meta({ id: 'JoinedSession' });
export type JoinedSession = z.infer<typeof joinedSession>;

/** The session and the participant of a token, and how many pending questions it has. */
export const me = z
  .object({
    session: sessionSummary,
    participant,
    pendingQuestions: z.object({ used: z.int(), limit: z.int() }),
  })
  .meta({ id: 'Me' });
export type Me = z.infer<typeof me>;

/** The join code of the session that the participant has left. */
export const leftSession = z.object({ code: z.string() }).meta({ id: 'LeftSession' });
export type LeftSession = z.infer<typeof leftSession>;

export const removeParticipantInput = z.object({
  code: joinCode,
  participantId: z.int().positive(),
  /** Whether to refuse the name and the token afterwards. */
  block: z.boolean().default(false),
});
export type RemoveParticipantInput = z.output<typeof removeParticipantInput>;

export const removedParticipant = z
  .object({ participantId: z.int(), blocked: z.boolean() })
  .meta({ id: 'RemovedParticipant' });
export type RemovedParticipant = z.infer<typeof removedParticipant>;

export const unblockParticipantInput = z.object({
  code: joinCode,
  participantId: z.int().positive(),
});
export type UnblockParticipantInput = z.infer<typeof unblockParticipantInput>;
