import type { Generated, GeneratedAlways } from 'kysely';

/** What became of a question; one that was withdrawn is kept as the trace of that change. */
export type StoredQuestionStatus = 'pending' | 'answered' | 'hidden' | 'withdrawn';

export interface QuestionsTable {
  id: GeneratedAlways<number>;
  session_id: number;
  author_id: number;
  author_slot: number | null;
  anonymous: boolean;
  body: string | null;
  status: Generated<StoredQuestionStatus>;
  pinned: Generated<boolean>;
  vote_count: Generated<number>;
  created_at: Generated<Date>;
  answered_at: Date | null;
  change_number: number;
  idempotency_key_hash: Buffer | null;
}
