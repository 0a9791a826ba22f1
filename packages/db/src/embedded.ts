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

/** Every process that uses the server holds one connection under this name. */
const LEASE = 'classroom-lease';

/**
 * Runs PostgreSQL on a directory of ours, or joins the server that runs there already.
 *
 * @throws an AbortError when `signal` says so; no process is left behind
 */
export async function openEmbeddedDatabase(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const { dataDir, settings = [], signal } = options;
  const cluster = await openCluster(dataDir, signal);
  const url = await ensureServer(cluster, settings, signal);

  const lease = new Client({ connectionString: url, application_name: LEASE });
  lease.on('error', () => {});
  await lease.connect();

  const close = async () => {
    const others = await lease
      .query(
        'select from pg_stat_activity where application_name = $1 and pid <> pg_backend_pid()',
        [LEASE],
      )
      .catch(() => undefined);
    await lease.end().catch(() => {});
    // Without an answer there is no server to stop.
    if (others?.rowCount === 0) await stopServer(cluster);
  };

  if (signal?.aborted === true) {
    await close();
    signal.throwIfAborted();
  }
  return { url, close };
}
