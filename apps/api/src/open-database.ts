import { once } from 'node:events';
import {
  createDatabase,
  describeNewer,
  MIGRATION_POOL,
  migrateToLatest,
  OLDEST_POSTGRESQL,
  readServerInfo,
  type ServerInfo,
} from '@classroom/db';
import type { Env } from './env.ts';
import type { Logger } from './observability/logger.ts';
import { StartupError } from './errors.ts';

export interface PostgresServer extends AsyncDisposable {
  url: string;
}

export interface DatabaseUrls {
  url: string;
  /** The same database, past any pooler. */
  directUrl: string;
}

/**
 * Opens PostgreSQL and migrates its schema. Disposing stops an embedded server.
 *
 * @throws StartupError, or an AbortError after `signal`; nothing stays open
 */
export async function openDatabase(
  env: Env,
  logger: Logger,
  signal: AbortSignal,
): Promise<DatabaseUrls & AsyncDisposable> {
  const stack = new AsyncDisposableStack();
  const { url } = stack.use(await openPostgres(env, logger, signal));
  const urls = { url, directUrl: env.DATABASE_DIRECT_URL ?? url };
  try {
    await prepareDatabase(urls, signal);
  } catch (error) {
    await stack.disposeAsync().catch(() => {});
    throw error;
  }
  return { ...urls, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/**
 * Opens PostgreSQL: the server of `DATABASE_URL`, or an embedded one, which disposing stops.
 *
 * @throws StartupError when the embedded server cannot start; an AbortError after `signal`
 */
export async function openPostgres(
  { DATABASE_URL, DATA_DIR }: Pick<Env, 'DATABASE_URL' | 'DATA_DIR'>,
  logger: Logger,
  signal: AbortSignal,
): Promise<PostgresServer> {
  if (DATABASE_URL !== undefined) {
    return { url: DATABASE_URL, [Symbol.asyncDispose]: async () => {} };
  }
  console.log(`Starting PostgreSQL in ${DATA_DIR} (DATABASE_URL is not set) …`);
  // Loaded on demand: a production installation with DATABASE_URL omits the package.
  const { startEmbeddedPostgres } = await import('@classroom/embedded-postgres');
  try {
    const { url, close } = await startEmbeddedPostgres({
      dataDir: DATA_DIR,
      signal,
      onDown: (log) => logger.error({ log }, 'embedded PostgreSQL has ended, restarting it'),
      onUp: (downMs) => logger.info({ downMs }, 'embedded PostgreSQL is back'),
    });
    return { url, [Symbol.asyncDispose]: close };
  } catch (error) {
    signal.throwIfAborted();
    throw new StartupError(
      `DATA_DIR ${DATA_DIR}: PostgreSQL does not start there (${firstLine(error)}); set another directory, or DATABASE_URL`,
    );
  }
}

/**
 * Checks the server and migrates the schema. The migration has no timeout and waits for those of other
 * processes.
 *
 * @throws StartupError when the database is unreachable, too old or not UTF-8, a migration fails, or a newer
 *   one does not allow this release; an AbortError after `signal`
 */
export async function prepareDatabase(
  { url, directUrl }: DatabaseUrls,
  signal: AbortSignal,
): Promise<void> {
  requireServer(await readServer('DATABASE_URL', url));
  if (directUrl !== url) requireServer(await readServer('DATABASE_DIRECT_URL', directUrl));
  const migrator = createDatabase(directUrl, MIGRATION_POOL);
  const aborted = once(signal, 'abort');
  const migrated = migrateToLatest(migrator);
  try {
    await Promise.race([migrated, aborted.then(() => signal.throwIfAborted())]);
  } catch (error) {
    signal.throwIfAborted();
    throw new StartupError(firstLine(error));
  }
  const { newer } = await migrated;
  if (newer.length > 0) console.log(describeNewer(newer));
  await migrator.destroy();
}

async function readServer(setting: string, url: string): Promise<ServerInfo> {
  await using db = createDatabase(url, MIGRATION_POOL);
  try {
    return await readServerInfo(db);
  } catch (error) {
    throw new StartupError(
      `${setting}: the database cannot be reached (${firstLine(error)}); start it, or unset ${setting}`,
    );
  }
}

/** @throws StartupError for a server that is too old, or a database that is not UTF-8 */
export function requireServer({ version, encoding }: ServerInfo): void {
  if (version < OLDEST_POSTGRESQL) {
    throw new StartupError(
      `DATABASE_URL: PostgreSQL ${version} is too old; use ${OLDEST_POSTGRESQL} or newer`,
    );
  }
  if (encoding !== 'UTF8') {
    throw new StartupError(
      `DATABASE_URL: the database has the encoding ${encoding}; create one with encoding UTF8`,
    );
  }
}

/** Node reports a host with several addresses as an AggregateError without a message. */
function firstLine(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return firstLine(error.errors[0]);
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n', 1)[0] ?? '';
}
