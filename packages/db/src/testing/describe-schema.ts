import { sql } from 'kysely';
import type { Database } from '../database.ts';

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

/** The columns of our tables, as the database has them. */
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

/** Their constraints, and the indexes that are not of a constraint. */
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
