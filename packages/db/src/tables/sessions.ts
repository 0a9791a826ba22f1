import type { SessionStatus } from '@classroom/schema';
import type { Generated, GeneratedAlways } from 'kysely';

export interface SessionsTable {
  id: GeneratedAlways<number>;
  host_user_id: number;
  host_slot: number;
  code: string;
  title: string;
  status: Generated<SessionStatus>;
  created_at: Generated<Date>;
  started_at: Date | null;
  ended_at: Date | null;
  expires_at: Date;
  change_number: Generated<number>;
  status_change_number: Generated<number>;
  changed_at: Generated<Date>;
  question_count: Generated<number>;
}
