import type { ParticipantRole } from '@classroom/schema';
import type { Generated, GeneratedAlways } from 'kysely';

export interface SessionParticipantsTable {
  id: GeneratedAlways<number>;
  session_id: number;
  user_id: number;
  role: ParticipantRole;
  joined_at: Generated<Date>;
  token_hash: Buffer;
  idempotency_key_hash: Buffer | null;
  token_seed: Buffer | null;
}
