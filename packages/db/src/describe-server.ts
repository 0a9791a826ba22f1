import { sql } from 'kysely';
import type { Database } from './database.ts';

/** The oldest PostgreSQL that this runs on, as a major version. */
export const OLDEST_POSTGRESQL = 15;

export interface ServerDescription {
  /** Major. */
  version: number;
  /** Of the database, as PostgreSQL names it: `UTF8`. */
  encoding: string;
}

/** What we are connected to. Also the cheapest way to learn whether it answers. */
export async function describeServer(db: Database): Promise<ServerDescription> {
  const { rows } = await sql<ServerDescription>`
    select current_setting('server_version_num')::int / 10000 as version,
      current_setting('server_encoding') as encoding
  `.execute(db);
  const [server] = rows;
  if (server === undefined) throw new Error('describeServer: a select without a table gave no row');
  return server;
}
