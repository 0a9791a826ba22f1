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

/** Stands in a compiled query where a value goes. */
class Placeholder {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** A value of the parameter `name`, cast to the PostgreSQL type `type`. */
export type Parameter<P> = <K extends keyof P & string>(name: K, type: string) => RawBuilder<P[K]>;

/** Builds, and never runs. */
const builder: Database = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

/**
 * Builds and compiles a query once, for any number of runs with other values: building a statement
 * of five parts again costs more than all that Node does to send it.
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
