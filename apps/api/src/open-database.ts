import {
  createDatabase,
  type Database,
  migrateToLatest,
  OLDEST_POSTGRESQL,
  serverVersion,
} from '@classroom/db';
import type { Env } from './env.ts';
import { StartupError } from './startup-error.ts';

/**
 * Finds the database, or starts the embedded one, and brings its schema up to date. What it opens
 * it leaves to `stack` to close.
 *
 * @throws StartupError when the database cannot be reached or is too old
 */
export async function openDatabase(
  env: Pick<Env, 'DATABASE_URL' | 'DATA_DIR' | 'DATABASE_POOL_MAX'>,
  stack: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<Database> {
  const url = env.DATABASE_URL ?? (await startEmbedded(env.DATA_DIR, stack, signal));

  // A migration may take as long as it needs, and waits for that of another process.
  const migrating = createDatabase(url, { max: 2, statementTimeoutMs: 0 });
  try {
    await checkServer(migrating);
    await migrateToLatest(migrating);
  } finally {
    await migrating.destroy();
  }

  const db = createDatabase(url, { max: env.DATABASE_POOL_MAX });
  stack.defer(() => db.destroy());
  return db;
}

async function startEmbedded(
  dataDir: string,
  stack: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<string> {
  console.log(`Starting PostgreSQL in ${dataDir} (DATABASE_URL is not set) …`);
  // Only here: what runs on a database of its own need not have the package.
  const { openEmbeddedDatabase } = await import('@classroom/db/embedded');
  try {
    const embedded = await openEmbeddedDatabase({ dataDir, signal });
    stack.defer(() => embedded.close());
    return embedded.url;
  } catch (error) {
    signal.throwIfAborted();
    throw new StartupError(
      `PostgreSQL does not start in ${dataDir} (${firstLine(error)}); set DATABASE_URL to use another`,
    );
  }
}

async function checkServer(db: Database): Promise<void> {
  const version = await serverVersion(db).catch((error: unknown) => {
    throw new StartupError(
      `DATABASE_URL: the database cannot be reached (${firstLine(error)}); start it, or unset DATABASE_URL`,
    );
  });
  requireVersion(version);
}

/** @throws StartupError for a PostgreSQL of that major version that is too old */
export function requireVersion(version: number): void {
  if (version >= OLDEST_POSTGRESQL) return;
  throw new StartupError(
    `DATABASE_URL: PostgreSQL ${version} is too old; ${OLDEST_POSTGRESQL} or newer is needed`,
  );
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n', 1)[0] ?? '';
}
