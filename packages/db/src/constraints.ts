import { DatabaseError } from 'pg';

/** The constraints that decide between parallel calls; docs/data-model.md has them all. */
const RACES: ReadonlySet<string | undefined> = new Set([
  // Another call used the same idempotency key first.
  'session_participants_idempotency_key_hash_key',
  'questions_idempotency_key_hash_key',
  // Another call took the slot first.
  'questions_author_slot_key',
  'session_participants_session_slot_key',
  // The name or the session was deleted meanwhile.
  'session_participants_session_id_fkey',
  'session_participants_user_id_fkey',
  'sessions_host_user_id_fkey',
]);

const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';

/** Whether the database refused a row because a parallel call came first; try again. */
export function isOvertaken(error: unknown): boolean {
  return (
    error instanceof DatabaseError &&
    (error.code === UNIQUE_VIOLATION || error.code === FOREIGN_KEY_VIOLATION) &&
    RACES.has(error.constraint)
  );
}
