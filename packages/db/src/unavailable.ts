import { DatabaseError } from 'pg';
import { PoolFullError } from './pool-full-error.ts';

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
