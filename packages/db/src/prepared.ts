import {
  type Compilable,
  type CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
  sql,
} from 'kysely';
import type { Database, Tables } from './database.ts';
import { mapConflicts } from './errors.ts';

/** Stands for a value in a compiled query. */
class Placeholder {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** Refers to the parameter `name`, cast to the PostgreSQL type `type`. */
export type Parameter<P> = <K extends keyof P & string>(name: K, type: string) => RawBuilder<P[K]>;

/** Builds and compiles queries, and has no connection. */
const builder: Database = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

/**
 * Builds and compiles a query once, to run it with different values: for hot paths, and statements of
 * four or more CTEs. Measured gain per run: 0.13 to 0.5 ms (29 to 47 %) for statements of several CTEs,
 * 0.02 to 0.14 ms for plain ones (medians of 800 runs, local PostgreSQL, 2 cores).
 *
 * @example
 * const findUser = prepared((db, parameter: Parameter<{ name: string }>) =>
 *   db.selectFrom('users').selectAll().where('display_name', '=', parameter('name', 'text')),
 * );
 * const { rows } = await db.executeQuery(findUser({ name: 'Ada' }));
 */
export function prepared<P extends object, R>(
  build: (db: Database, parameter: Parameter<P>) => Compilable<R>,
): (values: P) => CompiledQuery<R> {
  const compiled = build(
    builder,
    (name, type) => sql`cast(${new Placeholder(name)} as ${sql.raw(type)})`,
  ).compile();
  return (values) => {
    const byName = new Map<string, unknown>(Object.entries(values));
    return {
      ...compiled,
      parameters: compiled.parameters.map((value) =>
        value instanceof Placeholder ? byName.get(value.name) : value,
      ),
    };
  };
}

/**
 * Runs a query that always returns a row, and returns the first.
 *
 * @throws ConflictError when it violates a constraint that decides races
 */
export async function executeOne<Row>(db: Database, query: CompiledQuery<Row>): Promise<Row> {
  const [row] = (await mapConflicts(db.executeQuery(query))).rows;
  if (row === undefined) throw new Error('A query that always returns a row returned none');
  return row;
}
