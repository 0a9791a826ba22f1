import type { findParticipants } from '@classroom/db';
import type { Participant } from '@classroom/schema';

type Row = Omit<Awaited<ReturnType<typeof findParticipants>>[number], 'microseconds'>;

/** A participant as they go over the wire. */
export function toParticipant({ id, display_name, role, joined_at }: Row): Participant {
  return { id, displayName: display_name, role, joinedAt: joined_at.toISOString() };
}
