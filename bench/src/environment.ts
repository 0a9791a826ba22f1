import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { VARIABLES } from '@classroom/api/env';
import { createDatabase, migrateToLatest } from '@classroom/db';
import { startEmbeddedPostgres } from '@classroom/embedded-postgres';
import { sql } from 'kysely';

const MAIN = path.resolve(import.meta.dirname, '../../apps/api/src/main.ts');

/** A durable, migrated PostgreSQL in a directory of its own, as the API would start it. */
export async function startDatabase(stack: AsyncDisposableStack): Promise<string> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'classroom-bench-'));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const database = await startEmbeddedPostgres({ dataDir });
  stack.defer(() => database.close());
  await using db = createDatabase(database.url, { statementTimeoutMs: 0 });
  await migrateToLatest(db);
  return database.url;
}

/** One process of the API with its default settings, but for the limits and the variables given. */
export async function startApi(
  databaseUrl: string,
  stack: AsyncDisposableStack,
  env: Record<string, string> = {},
): Promise<{ url: string; pid: number }> {
  const child = spawn(process.execPath, [MAIN], {
    env: {
      ...Object.fromEntries(VARIABLES.map((name) => [name, ''])),
      DATABASE_URL: databaseUrl,
      PORT: '0',
      RATE_LIMITS: 'off',
      MAX_PARTICIPANTS: '1000000',
      NODE_ENV: 'production',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  stack.defer(async () => {
    child.kill('SIGINT');
    await closed;
  });
  const url = await new Promise<string>((resolve, reject) => {
    let output = '';
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const printed = /listens on (http:\S+)/.exec(output)?.[1];
      if (printed === undefined) return;
      child.stdout.off('data', read);
      resolve(printed);
    };
    child.stdout.on('data', read);
    child.once('close', (code) => reject(new Error(`The API ended with ${code}`)));
  });
  // The logs are read to their end and dropped, at no cost that would count against the API.
  child.stdout.resume();
  return { url, pid: child.pid ?? 0 };
}

/** When the figures were measured, and on what. */
export async function describeRun(databaseUrl: string): Promise<string> {
  await using db = createDatabase(databaseUrl);
  const { rows } = await sql<{ server_version: string }>`show server_version`.execute(db);
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const machine = `${cpus().length} cores (${cpu?.model.trim()}), ${memory} GiB`;
  const today = new Date().toISOString().slice(0, 10);
  return `${today}, ${machine}; Node ${process.versions.node}, PostgreSQL ${rows[0]?.server_version}`;
}
