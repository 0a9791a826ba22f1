import { sql } from 'kysely';
import { DatabaseError } from 'pg';
import type { Database } from './database.ts';

/** The oldest supported major version of PostgreSQL. */
export const OLDEST_POSTGRESQL = 15;

export interface ServerInfo {
  /** The major version. */
  version: number;
  /** The encoding of the database, such as `UTF8`. */
  encoding: string;
}

export async function readServerInfo(db: Database): Promise<ServerInfo> {
  const { rows } = await sql<ServerInfo>`
    select current_setting('server_version_num')::int / 10000 as version,
      current_setting('server_encoding') as encoding
  `.execute(db);
  const [server] = rows;
  if (server === undefined) throw new Error('readServerInfo: the query returned no row');
  return server;
}

const DISK_FULL = '53100';

/**
 * Checks whether the database accepts writes, without writing a row. pg_export_snapshot() writes a file
 * and deletes it with its transaction; on a full disk that fails and leaves an empty file until
 * PostgreSQL restarts, so callers must limit how often they call this.
 *
 * @throws when the database cannot be reached
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
 * `default_transaction_read_only` of a connection opened now. Settings of a role or a database reach new
 * connections only, so this reads them from the catalog, the most specific first.
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
