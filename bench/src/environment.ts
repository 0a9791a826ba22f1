import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { addressOf, spawnApi } from '@classroom/api/start';
import { createDatabase, migrateToLatest } from '@classroom/db';
import { startEmbeddedPostgres } from '@classroom/embedded-postgres';
import { sql } from 'kysely';

/** Starts a durable, migrated PostgreSQL in a new directory, as the API would. */
export async function startDatabase(stack: AsyncDisposableStack): Promise<string> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'classroom-bench-'));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const database = await startEmbeddedPostgres({ dataDir });
  stack.defer(() => database.close());
  await using db = createDatabase(database.url, { statementTimeoutMs: 0 });
  await migrateToLatest(db);
  return database.url;
}

/** Starts one API process with its default settings, except MAX_PARTICIPANTS. */
export async function startApi(
  databaseUrl: string,
  stack: AsyncDisposableStack,
  env: Record<string, string> = {},
): Promise<{ url: string; pid: number }> {
  const settings = {
    DATABASE_URL: databaseUrl,
    MAX_PARTICIPANTS: '1000000',
    NODE_ENV: 'production',
    ...env,
  };
  const api = stack.use(spawnApi(settings, { dropLogs: true }));
  return { url: await addressOf(api), pid: api.child.pid ?? 0 };
}

/** Describes a run: date, machine and versions. */
export async function describeRun(databaseUrl: string): Promise<string> {
  await using db = createDatabase(databaseUrl);
  const { rows } = await sql<{ server_version: string }>`show server_version`.execute(db);
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const machine = `${cpus().length} cores (${cpu?.model.trim()}), ${memory} GiB`;
  const today = new Date().toISOString().slice(0, 10);
  return `${today}, ${machine}; Node ${process.versions.node}, PostgreSQL ${rows[0]?.server_version}`;
}
