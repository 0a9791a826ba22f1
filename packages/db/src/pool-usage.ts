import type { Database } from './database.ts';

/** The connections of a pool, and who waits for one. */
export interface PoolUsage {
  /** As many as there are. */
  total: number;
  idle: number;
  /** Callers, not connections. */
  waiting: number;
  /** Whether the next caller that would have to wait is refused. */
  isQueueFull: boolean;
}

const readers = new WeakMap<Database, () => PoolUsage>();

/** Kysely keeps its pool to itself; here it is found again. */
export function rememberPool(db: Database, read: () => PoolUsage): void {
  readers.set(db, read);
}

/**
 * How the pool of a database is used at this moment. It costs no query.
 *
 * @throws when the database was not made by `createDatabase`
 */
export function poolUsage(db: Database): PoolUsage {
  const read = readers.get(db);
  if (read === undefined) throw new Error('poolUsage: a database without a pool of its own');
  return read();
}
