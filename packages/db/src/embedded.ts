import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { openCluster } from './embedded/cluster.ts';
import { ensureServer, stopServer } from './embedded/server.ts';

export interface EmbeddedDatabase {
  url: string;
  /** Stops the server, unless another process uses it too: the last one to leave does. */
  close: () => Promise<void>;
}

export interface EmbeddedOptions {
  /** Where the data lives; it is kept from start to start. */
  dataDir: string;
  /** Settings of the server, as `name=value`. */
  settings?: readonly string[];
  signal?: AbortSignal;
}

/** Who uses the server holds this lock together with all others; who stops it, alone. */
const LEASE = 7_030_301;
const CONNECT_TIMEOUT_MS = 5_000;
const RETRY_AFTER_MS = 200;

/**
 * Runs PostgreSQL on a directory of ours, or joins the server that runs there already.
 *
 * @throws an AbortError when `signal` says so; no process is left behind
 */
export async function openEmbeddedDatabase(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const { dataDir, settings = [], signal } = options;
  const cluster = await openCluster(dataDir, signal);
  for (;;) {
    const url = await ensureServer(cluster, settings, signal);
    const lease = await takeLease(url);
    if (lease === undefined) {
      // Its last user is just stopping it.
      await sleep(RETRY_AFTER_MS);
      continue;
    }
    const close = async () => {
      if (await isLast(lease)) await stopServer(cluster);
      await lease.end().catch(() => {});
    };
    if (signal?.aborted === true) {
      await close();
      signal.throwIfAborted();
    }
    return { url, close };
  }
}

async function takeLease(url: string): Promise<Client | undefined> {
  const lease = new Client({
    connectionString: url,
    application_name: 'classroom-lease',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: CONNECT_TIMEOUT_MS,
  });
  lease.on('error', () => {});
  try {
    await lease.connect();
    const { rows } = await lease.query<{ taken: boolean }>(
      'select pg_try_advisory_lock_shared($1) as taken',
      [LEASE],
    );
    if (rows[0]?.taken === true) return lease;
  } catch {
    // Gone between two questions; the caller asks again.
  }
  await lease.end().catch(() => {});
  return undefined;
}

/** Gives the lease back. Of any number that do so at once, the last gets the lock for itself. */
async function isLast(lease: Client): Promise<boolean> {
  try {
    await lease.query('select pg_advisory_unlock_shared($1)', [LEASE]);
    const { rows } = await lease.query<{ alone: boolean }>(
      'select pg_try_advisory_lock($1) as alone',
      [LEASE],
    );
    return rows[0]?.alone === true;
  } catch {
    // Without an answer there is no server to stop.
    return false;
  }
}
