import { setTimeout as sleep } from 'node:timers/promises';
import { openCluster } from './cluster.ts';
import { ensureServer } from './server.ts';
import { acquireSharedLock } from './shared-lock.ts';
import { supervise } from './supervisor.ts';

export interface EmbeddedPostgres {
  /** Stays the same when the server is restarted. */
  url: string;
  /** Releases the server; the last process to do so stops it. */
  close: () => Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Holds the data, which survives a restart. */
  dataDir: string;
  /** Server settings, as `name=value`. */
  settings?: readonly string[];
  signal?: AbortSignal;
  /** Called once when the server has ended; it is restarted. */
  onDown?: (logDirectory: string) => void;
  /** Called once when the restarted server accepts connections. */
  onUp?: (downMs: number) => void;
}

const RETRY_AFTER_MS = 200;

/**
 * Starts PostgreSQL on a data directory, or joins the server that already runs there, and restarts it
 * whenever it ends.
 *
 * @throws an Error that names the log files when the server does not start; an AbortError when `signal`
 *   aborts, which leaves no process behind
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const { dataDir, settings = [], signal, onDown, onUp } = options;
  const cluster = await openCluster(dataDir, signal);
  for (;;) {
    const url = await ensureServer(cluster, { settings }, signal);
    const lock = await acquireSharedLock(url);
    if (lock === undefined) {
      // Another process is about to stop the server.
      await sleep(RETRY_AFTER_MS, undefined, { signal });
      continue;
    }
    const close = supervise({
      cluster,
      settings,
      url,
      lock,
      onDown: () => onDown?.(cluster.logDirectory),
      onUp: (downMs) => onUp?.(downMs),
    });
    if (signal?.aborted === true) {
      await close();
      signal.throwIfAborted();
    }
    return { url, close };
  }
}
