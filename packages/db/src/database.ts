import { Kysely, type LogEvent, PostgresDialect } from 'kysely';
import { createPool, type DatabasePool, type PoolOptions } from './pool.ts';
import type {
  HostKeysTable,
  MigrationCompatibilityTable,
  PairingsTable,
  QuestionVotesTable,
  QuestionsTable,
  RemovedParticipantsTable,
  SessionParticipantsTable,
  SessionsTable,
  UsersTable,
} from './tables.ts';

export interface Tables {
  users: UsersTable;
  host_keys: HostKeysTable;
  sessions: SessionsTable;
  session_participants: SessionParticipantsTable;
  removed_participants: RemovedParticipantsTable;
  pairings: PairingsTable;
  questions: QuestionsTable;
  question_votes: QuestionVotesTable;
  migration_compatibility: MigrationCompatibilityTable;
}

export type Database = Kysely<Tables>;

/** A finished query, with its duration and its error if it failed. */
export type QueryEvent = LogEvent;

export interface DatabaseOptions extends PoolOptions {
  /** Called after each query. */
  onQuery?: ((event: QueryEvent) => void) | undefined;
}

/**
 * Creates a query builder with a pool of its own. Nothing connects before the first query.
 *
 * @param url `postgres://user:password@host:port,host:port/database?target_session_attrs=read-write`
 */
export function createDatabase(url: string, options: DatabaseOptions = {}): Database {
  return createDatabaseOn(createPool(url, options), options.onQuery);
}

/** Creates a query builder on a pool; `destroy()` ends the pool. */
export function createDatabaseOn(
  pool: DatabasePool,
  onQuery?: (event: QueryEvent) => void,
): Database {
  return new Kysely<Tables>({
    dialect: new PostgresDialect({ pool }),
    ...(onQuery && { log: onQuery }),
  });
}
