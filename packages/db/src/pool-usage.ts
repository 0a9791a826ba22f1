import type { Database } from './database.ts';

/** The connections of a pool, and who waits for one. */
export interface PoolUsage {
  /** As many as there may be. */
  max: number;
  /** As many as there are. */
  total: number;
  idle: number;
  /** Callers, not connections. */
  waiting: number;
}

const readers = new WeakMap<Database, () => PoolUsage>();

/** Kysely keeps its pool to itself; here it is found again. */
export function rememberPool(db: Database, read: () => PoolUsage): void {
  readers.set(db, read);
}

/** How the pool of a database of `createDatabase` is used at this moment. It costs no query. */
export function poolUsage(db: Database): PoolUsage {
  return readers.get(db)?.() ?? { max: 0, total: 0, idle: 0, waiting: 0 };
}
