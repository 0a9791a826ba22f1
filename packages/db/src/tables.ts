import type {
  DeviceRole,
  ParticipantRole,
  QuestionStatus,
  SessionJoining,
  SessionStatus,
} from '@classroom/schema';
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
  /** The key that the session belongs to; null for a session without a key. */
  host_key_id: number | null;
  moderated: Generated<boolean>;
  /** `moderated` at creation, once the host has changed it: an idempotent replay compares it. */
  created_moderated: boolean | null;
}

/** A secret that owns sessions. */
export interface HostKeysTable {
  id: GeneratedAlways<number>;
  /** Null for a forgotten key, whose row stays while it owns sessions. */
  key_hash: Buffer | null;
  /** The key before the last rotation: a replay of the rotation presents it. */
  replaced_key_hash: Buffer | null;
  /** SHA-256 of the idempotency key that created the key. */
  idempotency_key_hash: Buffer | null;
  /** Of the last rotation. */
  rotation_idempotency_key_hash: Buffer | null;
  /** Derives the key together with the idempotency key of its rotation or, before one, its creation. */
  key_seed: Buffer | null;
  /** Within a day of the last use; `-infinity` for a forgotten key. */
  used_at: Generated<Date>;
}

export interface SessionParticipantsTable {
  id: GeneratedAlways<number>;
  session_id: number;
  /** Null for a removed participant, a moderator and a viewer. */
  user_id: number | null;
  role: ParticipantRole;
  joined_at: Generated<Date>;
  token_hash: Buffer | null;
  idempotency_key_hash: Buffer | null;
  token_seed: Buffer | null;
  blocked_at: Date | null;
  /** The sequence number at which a token of this participant was last revoked. */
  removal_change_number: number | null;
  session_slot: number | null;
  muted_at: Date | null;
  /**
   * SHA-256 of the name's key; null without a name. Null also in sessions that had ended before names were
   * unique in any spelling, and for participants whose names collided then.
   */
  name_hash: Buffer | null;
}

/** The identity of a participant whom the host or a moderator removed, for a later block. */
export interface RemovedParticipantsTable {
  participant_id: number;
  user_id: number;
  token_hash: Buffer;
  name_hash: Buffer;
}

/** A device with a token of its own: holds a pairing code until it is redeemed. */
export interface PairingsTable {
  id: GeneratedAlways<number>;
  /** The host until the code is redeemed, then the participant that the device acts as. */
  participant_id: number;
  code_hash: Buffer | null;
  expires_at: Date | null;
  guesses_left: Generated<number>;
  token_hash: Buffer | null;
  role: Generated<DeviceRole>;
  redeemed_at: Date | null;
  revoked_at: Date | null;
}

/** The status of a question. A withdrawn question keeps its row, which records the change. */
export type StoredQuestionStatus = QuestionStatus | 'withdrawn';

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
  /** Whether the question has been shown to everybody. */
  published: Generated<boolean>;
}

/** A participant's vote for a question. */
export interface QuestionVotesTable {
  question_id: number;
  participant_id: number;
}

/** Whether processes that do not know a migration may run beside it. */
export type Compatibility = 'expand' | 'contract';

/** An executed migration. Processes of older releases read it: they do not have the migration itself. */
export interface MigrationCompatibilityTable {
  name: string;
  compatibility: Compatibility;
}
