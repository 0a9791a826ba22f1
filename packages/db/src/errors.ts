import { DatabaseError } from 'pg';

/** The constraints that decide between parallel calls; docs/data-model.md has them all. */
const RETRYABLE_CONSTRAINTS: ReadonlySet<string | undefined> = new Set([
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
export function isConflict(error: unknown): boolean {
  return (
    error instanceof DatabaseError &&
    (error.code === UNIQUE_VIOLATION || error.code === FOREIGN_KEY_VIOLATION) &&
    RETRYABLE_CONSTRAINTS.has(error.constraint)
  );
}

/**
 * Classes and codes of SQLSTATE that say "not now" rather than "wrong":
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const UNAVAILABLE_STATES = [
  /^08/, // connection exception
  /^53/, // insufficient resources, too many connections among them
  /^57P/, // terminated by an administrator, crash shutdown, starting up, idle timeout
  /^57014$/, // statement timeout
  /^55P03$/, // lock timeout
  /^25P03$/, // idle in transaction for too long
  /^25006$/, // read only: a standby, or a primary that has just been demoted
  /^40(001|P01)$/, // serialization failure, deadlock
];

/** What pg and its pool say, without a code, when there is no connection or no answer in time. */
const CONNECTION_LOST =
  /^(Query read timeout|Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Cannot use a pool after calling end)/;

/** Whether a query failed because the database is away, overloaded or slow: a retry may succeed. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof DatabaseError) {
    return UNAVAILABLE_STATES.some((state) => state.test(error.code ?? ''));
  }
  if (!(error instanceof Error)) return false;
  return (
    error instanceof PoolFullError || isSystemError(error) || CONNECTION_LOST.test(error.message)
  );
}

/** ECONNREFUSED, ECONNRESET, ETIMEDOUT … and not Node's own ERR_… */
function isSystemError(error: Error): boolean {
  return 'code' in error && typeof error.code === 'string' && /^E(?!RR_)/.test(error.code);
}

/** As many callers wait for a connection as may, or this one has waited as long as it may. */
export class PoolFullError extends Error {
  override readonly name = 'PoolFullError';

  constructor() {
    super('Too many queries wait for a connection');
  }
}
