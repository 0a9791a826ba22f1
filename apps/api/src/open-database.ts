import { once } from 'node:events';
import {
  createDatabase,
  type Database,
  describeServer,
  migrateToLatest,
  OLDEST_POSTGRESQL,
  type QueryEvent,
  type ServerDescription,
} from '@classroom/db';
import type { Env } from './env.ts';
import type { Logger } from './observability/logger.ts';
import { StartupError } from './errors.ts';

/** Calls that may wait for each connection: a class that joins at once. More would wait too long. */
const WAITING_PER_CONNECTION = 15;

/**
 * Finds the database, or starts the embedded one, and brings its schema up to date. What it opens
 * it leaves to `stack` to close.
 *
 * @returns the database, the same with a connection apart, and the URL that leads past any pooler
 * @throws StartupError when the database cannot be reached or is too old
 */
export async function openDatabase(
  env: Pick<Env, 'DATABASE_URL' | 'DATABASE_DIRECT_URL' | 'DATA_DIR' | 'DATABASE_POOL_MAX'>,
  stack: AsyncDisposableStack,
  signal: AbortSignal,
  logger: Logger,
  onQuery?: (event: QueryEvent) => void,
): Promise<{ db: Database; healthDb: Database; directUrl: string }> {
  const url = env.DATABASE_URL ?? (await startEmbedded(env.DATA_DIR, stack, signal, logger));
  const max = env.DATABASE_POOL_MAX;
  const db = createDatabase(url, { max, maxWaiting: max * WAITING_PER_CONNECTION, onQuery });
  stack.defer(() => db.destroy());
  const healthDb = createDatabase(url, { max: 1 });
  stack.defer(() => healthDb.destroy());
  await checkServer(db);
  const directUrl = env.DATABASE_DIRECT_URL ?? url;
  await migrate(directUrl, signal);
  return { db, healthDb, directUrl };
}

/** A migration may take as long as it needs, and waits for that of another process. */
async function migrate(url: string, signal: AbortSignal): Promise<void> {
  const db = createDatabase(url, { max: 2, statementTimeoutMs: 0 });
  const aborted = once(signal, 'abort');
  try {
    await Promise.race([migrateToLatest(db), aborted.then(() => signal.throwIfAborted())]);
  } catch (error) {
    signal.throwIfAborted();
    throw new StartupError(firstLine(error));
  }
  await db.destroy();
}

async function startEmbedded(
  dataDir: string,
  stack: AsyncDisposableStack,
  signal: AbortSignal,
  logger: Logger,
): Promise<string> {
  console.log(`Starting PostgreSQL in ${dataDir} (DATABASE_URL is not set) …`);
  // Only here: what runs on a database of its own need not have the package.
  const { startEmbeddedPostgres } = await import('@classroom/embedded-postgres');
  try {
    const embedded = await startEmbeddedPostgres({
      dataDir,
      signal,
      onDown: (log) => logger.error({ log }, 'embedded PostgreSQL has ended, restarting it'),
      onUp: (downMs) => logger.info({ downMs }, 'embedded PostgreSQL is back'),
    });
    stack.defer(() => embedded.close());
    return embedded.url;
  } catch (error) {
    signal.throwIfAborted();
    throw new StartupError(
      `DATA_DIR ${dataDir}: PostgreSQL does not start there (${firstLine(error)}); set another directory, or DATABASE_URL`,
    );
  }
}

async function checkServer(db: Database): Promise<void> {
  const server = await describeServer(db).catch((error: unknown) => {
    throw new StartupError(
      `DATABASE_URL: the database cannot be reached (${firstLine(error)}); start it, or unset DATABASE_URL`,
    );
  });
  requireServer(server);
}

/** @throws StartupError for a server that is too old, or a database that is not in UTF-8 */
export function requireServer({ version, encoding }: ServerDescription): void {
  if (version < OLDEST_POSTGRESQL) {
    throw new StartupError(
      `DATABASE_URL: PostgreSQL ${version} is too old; ${OLDEST_POSTGRESQL} or newer is needed`,
    );
  }
  if (encoding !== 'UTF8') {
    throw new StartupError(
      `DATABASE_URL: the database is encoded in ${encoding}; create one with encoding UTF8`,
    );
  }
}

/** What an error says in one line. For a host with two addresses, Node gives two errors in one. */
function firstLine(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return firstLine(error.errors[0]);
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n', 1)[0] ?? '';
}
