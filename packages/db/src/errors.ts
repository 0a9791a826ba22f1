import { DatabaseError } from 'pg';

/** A parallel call changed the same rows first. The statement changed nothing and may be retried. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';

  constructor(options?: ErrorOptions) {
    super('A parallel call changed the same rows first; retry', options);
  }
}

/** The constraints that decide races. docs/data-model.md describes all constraints. */
const RETRYABLE_CONSTRAINTS: ReadonlySet<string | undefined> = new Set([
  // Another call used the same idempotency key first.
  'session_participants_idempotency_key_hash_key',
  'questions_idempotency_key_hash_key',
  // Another call took the slot first.
  'questions_author_slot_key',
  'session_participants_session_slot_key',
  // Another call took the name first.
  'session_participants_name_hash_key',
  'session_participants_session_id_user_id_key',
  // Another call deleted the user or the session.
  'session_participants_session_id_fkey',
  'session_participants_user_id_fkey',
  'sessions_host_user_id_fkey',
  // A session of the host key was created while the key was being deleted.
  'sessions_host_key_id_fkey',
]);

const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';
/** A foreign key violation by the deletion of a referenced row, since PostgreSQL 18. */
const RESTRICT_VIOLATION = '23001';
const NOT_NULL_VIOLATION = '23502';

const CONSTRAINT_VIOLATIONS: ReadonlySet<string | undefined> = new Set([
  UNIQUE_VIOLATION,
  FOREIGN_KEY_VIOLATION,
  RESTRICT_VIOLATION,
]);

function isRetryable(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return false;
  if (CONSTRAINT_VIOLATIONS.has(error.code)) {
    return RETRYABLE_CONSTRAINTS.has(error.constraint);
  }
  // A changed question has no sequence number when another call ended the session first.
  const isSequence = error.table === 'questions' && error.column === 'change_number';
  return error.code === NOT_NULL_VIOLATION && isSequence;
}

/** Awaits a query. @throws ConflictError when it violates one of RETRYABLE_CONSTRAINTS */
export async function mapConflicts<Result>(query: Promise<Result>): Promise<Result> {
  try {
    return await query;
  } catch (error) {
    throw isRetryable(error) ? new ConflictError({ cause: error }) : error;
  }
}

/**
 * SQLSTATE classes and codes of temporary failures:
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const UNAVAILABLE_STATES = [
  /^08/, // connection exception
  /^53/, // insufficient resources, including too many connections
  /^57P/, // terminated by an administrator, crash shutdown, starting up, idle timeout
  /^57014$/, // statement timeout
  /^55P03$/, // lock timeout
  /^25P03$/, // idle-in-transaction timeout
  /^25006$/, // read-only: a standby, or a primary that was demoted
  /^40(001|P01)$/, // serialization failure, deadlock
];

/** Errors without a code that pg and its pool raise when a connection or a response is missing. */
const CONNECTION_LOST =
  /^(Query read timeout|Connection terminated|timeout (expired|exceeded when trying to connect)|Client has encountered a connection error|Cannot use a pool after calling end)/;

/** Returns whether a query failed because the database is unreachable, overloaded or slow. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof DatabaseError) {
    return UNAVAILABLE_STATES.some((state) => state.test(error.code ?? ''));
  }
  if (!(error instanceof Error)) return false;
  return (
    error instanceof PoolFullError ||
    error instanceof ReadOnlyServerError ||
    isSystemError(error) ||
    CONNECTION_LOST.test(error.message)
  );
}

/** Matches ECONNREFUSED, ECONNRESET, ETIMEDOUT and so on, but not Node's own ERR_* codes. */
function isSystemError(error: Error): boolean {
  return 'code' in error && typeof error.code === 'string' && /^E(?!RR_)/.test(error.code);
}

/** The queue for connections has reached its limit. */
export class PoolFullError extends Error {
  override readonly name = 'PoolFullError';

  constructor() {
    super('Too many queries are waiting for a connection; retry later');
  }
}

/** A server does not meet `target_session_attrs`: a standby, or a primary that was demoted. */
export class ReadOnlyServerError extends Error {
  override readonly name = 'ReadOnlyServerError';

  constructor() {
    super('The server is read-only');
  }
}
