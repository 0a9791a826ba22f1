import type { ParticipantRole, SessionJoining, SessionStatus } from '@classroom/schema';
import type { Generated, GeneratedAlways } from 'kysely';

/** A unique display name. It counts towards a host's session limit and authorises nothing. */
export interface UsersTable {
  id: GeneratedAlways<number>;
  display_name: string;
  created_at: Generated<Date>;
}

/**
 * The columns named `change_number` hold sequence numbers. They keep their names: renaming them
 * breaks the statements of older processes during a rolling deploy.
 */
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
  joining: Generated<SessionJoining>;
  /** The title at creation, once the host has changed it: an idempotent replay compares it. */
  created_title: string | null;
  /** The session that this one duplicates, which may have been deleted: a replay compares it. */
  source_session_id: number | null;
}

export interface SessionParticipantsTable {
  id: GeneratedAlways<number>;
  session_id: number;
  /** Null for a removed participant. */
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

/** A further device of a host: holds a pairing code until it is redeemed, then a token. */
export interface PairingsTable {
  id: GeneratedAlways<number>;
  participant_id: number;
  code_hash: Buffer;
  expires_at: Date;
  guesses_left: number;
  token_hash: Buffer | null;
}

/** The status of a question. A withdrawn question keeps its row, which records the change. */
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

/** A participant's vote for a question. */
export interface QuestionVotesTable {
  question_id: number;
  participant_id: number;
}
