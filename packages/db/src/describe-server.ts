import { sql } from 'kysely';
import { DatabaseError } from 'pg';
import type { Database } from './database.ts';

/** The oldest PostgreSQL that this runs on, as a major version. */
export const OLDEST_POSTGRESQL = 15;

export interface ServerDescription {
  /** Major. */
  version: number;
  /** Of the database, as PostgreSQL names it: `UTF8`. */
  encoding: string;
}

/** What we are connected to. */
export async function describeServer(db: Database): Promise<ServerDescription> {
  const { rows } = await sql<ServerDescription>`
    select current_setting('server_version_num')::int / 10000 as version,
      current_setting('server_encoding') as encoding
  `.execute(db);
  const [server] = rows;
  if (server === undefined) throw new Error('describeServer: a select without a table gave no row');
  return server;
}

const DISK_FULL = '53100';

/**
 * Checks whether the database takes writes, without writing a row. pg_export_snapshot() writes a small file
 * to the data directory and deletes it with its transaction; on a full disk that fails, and an empty file
 * stays until PostgreSQL restarts. Callers must limit how often they call this.
 *
 * @throws when the database does not answer
 */
export async function checkWritable(db: Database): Promise<'writable' | 'read-only' | 'full'> {
  try {
    const { rows } = await sql<{ readOnly: boolean }>`
      select pg_is_in_recovery() or ${defaultIsReadOnly} as "readOnly", pg_export_snapshot()
    `.execute(db);
    return rows.some(({ readOnly }) => readOnly) ? 'read-only' : 'writable';
  } catch (error) {
    if (error instanceof DatabaseError && error.code === DISK_FULL) return 'full';
    throw error;
  }
}

/**
 * What a connection that is opened now would have. Settings of a role or a database reach only new
 * ones, so they are read where they are kept, the most specific first.
 */
const defaultIsReadOnly = sql<boolean>`coalesce(
  (
    select split_part(setting, '=', 2)::boolean
    from pg_db_role_setting, unnest(setconfig) as setting
    where setting like 'default_transaction_read_only=%'
      and setrole in (0, (select oid from pg_roles where rolname = session_user))
      and setdatabase in (0, (select oid from pg_database where datname = current_database()))
    order by setrole = 0, setdatabase = 0
    limit 1
  ),
  (
    select setting::boolean
    from pg_settings
    where name = 'default_transaction_read_only'
      and source not in ('global', 'database', 'user', 'database user')
  ),
  false
)`;
