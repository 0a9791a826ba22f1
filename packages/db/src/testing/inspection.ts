import { type CompiledQuery, Kysely, PostgresDialect, sql } from 'kysely';
import type { Database, Tables } from '../database.ts';
import { ConflictError } from '../errors.ts';
import { createPool } from '../pool.ts';
import { SLOW_MACHINE_TIMEOUTS } from './server.ts';

/** Returns every query that `run` sends, in order. */
export async function captureQueries(
  url: string,
  run: (db: Database) => Promise<unknown>,
): Promise<CompiledQuery[]> {
  const sent: CompiledQuery[] = [];
  await using db = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: createPool(url, SLOW_MACHINE_TIMEOUTS) }),
    log: (event) => void sent.push(event.query),
  });
  await run(db);
  return sent;
}

/** Counts the server's connections from `createDatabase`, without the calling one. */
export async function countConnections(db: Database): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from pg_stat_activity
    where datname = current_database() and application_name = 'classroom'
      and pid <> pg_backend_pid()
  `.execute(db);
  return rows[0]?.count ?? 0;
}

/** Counts the connections of `listen` that have sent their LISTEN. */
export async function countListeners(db: Database): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from pg_stat_activity
    where datname = current_database() and application_name = 'classroom listener'
      and state = 'idle' and query <> ''
  `.execute(db);
  return rows[0]?.count ?? 0;
}

/** Lists the wait event types of the other connections: `Lock`, `Timeout` in pg_sleep, … */
export async function waitEvents(db: Database): Promise<string[]> {
  const { rows } = await sql<{ wait_event_type: string }>`
    select wait_event_type from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and wait_event_type is not null
  `.execute(db);
  return rows.map(({ wait_event_type }) => wait_event_type);
}

/** Counts the standbys that stream from the server. */
export async function countStandbys(db: Database): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from pg_stat_replication where state = 'streaming'
  `.execute(db);
  return rows[0]?.count ?? 0;
}

/** Counts the connections whose commit waits for a synchronous standby. */
export async function countWaitingCommits(db: Database): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from pg_stat_activity where wait_event = 'SyncRep'
  `.execute(db);
  return rows[0]?.count ?? 0;
}

/** Counts a host's sessions, all and open. */
export async function countSessions(
  db: Database,
  hostDisplayName: string,
): Promise<{ all: number; open: number }> {
  const { rows } = await sql<{ all: number; open: number }>`
    select count(*)::int as all, (count(*) filter (where status <> 'ended'))::int as open
    from sessions join users on users.id = host_user_id where display_name = ${hostDisplayName}
  `.execute(db);
  return rows[0] ?? { all: 0, open: 0 };
}

/** Returns every row of every table as JSON, with bytes in hexadecimal. */
export async function dumpTables(db: Database): Promise<string> {
  const dumps: string[] = [];
  for (const { name } of await db.introspection.getTables()) {
    const { rows } = await sql<{ row: string }>`
      select to_jsonb(t)::text as row from ${sql.table(name)} t
    `.execute(db);
    dumps.push(...rows.map(({ row }) => row));
  }
  return dumps.join('\n');
}

/**
 * Starts to record how many rows each statement deletes.
 *
 * @returns reads the largest count of each table
 */
export async function countDeletedRows(
  db: Database,
): Promise<() => Promise<Record<string, number>>> {
  await sql`create table deletions (of_table text, rows integer)`.execute(db);
  await sql`
    create function count_deleted() returns trigger language plpgsql as $$
      begin
        insert into deletions select tg_table_name, count(*) from deleted;
        return null;
      end
    $$
  `.execute(db);
  for (const table of ['question_votes', 'questions', 'session_participants']) {
    await sql`
      create trigger count_deleted after delete on ${sql.table(table)}
        referencing old table as deleted for each statement execute function count_deleted()
    `.execute(db);
  }
  return async () => {
    const { rows } = await sql<{ of_table: string; most: number }>`
      select of_table, max(rows) as most from deletions group by of_table
    `.execute(db);
    return Object.fromEntries(rows.map(({ of_table, most }) => [of_table, most]));
  };
}

export interface ColumnFacts {
  table: string;
  name: string;
  type: string;
  nullable: boolean;
  /** `identity`, the expression of the default, or empty. */
  default: string;
}

export interface ConstraintFacts {
  table: string;
  name: string;
  definition: string;
}

/** Describes the columns of the application's tables. */
export async function describeColumns(db: Database): Promise<ColumnFacts[]> {
  const { rows } = await sql<ColumnFacts>`
    select relname as table, attname as name, 
      replace(format_type(atttypid, atttypmod), 'timestamp with time zone', 'timestamptz') as type,
      not attnotnull as nullable,
      case when attidentity <> '' then 'identity' else coalesce(pg_get_expr(adbin, adrelid), '') end as default
    from pg_attribute
    join pg_class on pg_class.oid = attrelid
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where relnamespace = 'public'::regnamespace and relkind = 'r' and attnum > 0
      and not attisdropped and relname not like 'kysely_%'
    order by pg_class.oid, attnum
  `.execute(db);
  return rows;
}

/** Describes their constraints, and the indexes that implement no constraint. */
export async function describeConstraints(db: Database): Promise<ConstraintFacts[]> {
  const { rows } = await sql<ConstraintFacts>`
    select conrelid::regclass::text as table, conname as name, pg_get_constraintdef(oid) as definition
    from pg_constraint
    where connamespace = 'public'::regnamespace and contype <> 'n'
      and conrelid::regclass::text not like 'kysely_%'
    union all
    select indrelid::regclass::text, indexrelid::regclass::text,
      regexp_replace(pg_get_indexdef(indexrelid), ' INDEX \\S+ ON \\S+ USING btree', ' INDEX')
    from pg_index join pg_class on pg_class.oid = indrelid
    where relnamespace = 'public'::regnamespace and relname not like 'kysely_%'
      and not exists (select from pg_constraint where conindid = indexrelid)
    order by 1, 2
  `.execute(db);
  return rows;
}

/** Returns the outcome of a repository call, or `{ kind: 'conflict' }` when it throws a ConflictError. */
export async function outcomeOf<Outcome>(
  call: Promise<Outcome>,
): Promise<Outcome | { kind: 'conflict' }> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ConflictError) return { kind: 'conflict' };
    throw error;
  }
}
