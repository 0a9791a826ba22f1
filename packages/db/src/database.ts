import { Kysely, type LogEvent, PostgresDialect } from 'kysely';
import { createPool, type PoolOptions } from './pool.ts';
import { rememberPool } from './pool-usage.ts';
import type {
  PairingsTable,
  QuestionVotesTable,
  QuestionsTable,
  SessionParticipantsTable,
  SessionsTable,
  UsersTable,
} from './tables.ts';

export interface Tables {
  users: UsersTable;
  sessions: SessionsTable;
  session_participants: SessionParticipantsTable;
  pairings: PairingsTable;
  questions: QuestionsTable;
  question_votes: QuestionVotesTable;
}

export type Database = Kysely<Tables>;

/** A query that has ended, and how. */
export type QueryEvent = LogEvent;

export interface DatabaseOptions extends PoolOptions {
  /** Told of each query, when it has ended. */
  onQuery?: ((event: QueryEvent) => void) | undefined;
}

/**
 * A query builder over a pool of its own. Nothing connects before the first query;
 * `destroy()` closes every connection.
 *
 * @param url `postgres://user:password@host:port/database`
 */
export function createDatabase(url: string, options: DatabaseOptions = {}): Database {
  const { onQuery, ...poolOptions } = options;
  const pool = createPool(url, poolOptions);
  const db: Database = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool }),
    ...(onQuery && { log: onQuery }),
  });
  rememberPool(db, pool.usage);
  return db;
}
