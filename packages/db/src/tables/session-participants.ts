import type { ParticipantRole } from '@classroom/schema';
import type { Generated, GeneratedAlways } from 'kysely';

export interface SessionParticipantsTable {
  id: GeneratedAlways<number>;
  session_id: number;
  /** Null for one who was removed. */
  user_id: number | null;
  role: ParticipantRole;
  joined_at: Generated<Date>;
  token_hash: Buffer | null;
  idempotency_key_hash: Buffer | null;
  token_seed: Buffer | null;
  blocked_at: Date | null;
  removal_change_number: number | null;
  session_slot: number | null;
}
