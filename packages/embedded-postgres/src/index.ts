import { setTimeout as sleep } from 'node:timers/promises';
import { openCluster } from './cluster.ts';
import { keepRunning } from './keep-running.ts';
import { takeLease } from './lease.ts';
import { ensureServer } from './server.ts';

export interface EmbeddedDatabase {
  /** Stays the same when the server is restarted. */
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
  /** Called once when the server is found to have ended; it is restarted. */
  onDown?: (logDirectory: string) => void;
  /** Called once when it is back. */
  onUp?: (downMs: number) => void;
}

const RETRY_AFTER_MS = 200;

/**
 * Runs PostgreSQL on a directory of ours, or joins the server that runs there already, and restarts it
 * whenever it ends.
 *
 * @throws an AbortError when `signal` says so; no process is left behind
 */
export async function openEmbeddedDatabase(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const { dataDir, settings = [], signal, onDown, onUp } = options;
  const cluster = await openCluster(dataDir, signal);
  for (;;) {
    const url = await ensureServer(cluster, { settings }, signal);
    const lease = await takeLease(url);
    if (lease === undefined) {
      // Its last user is about to stop it.
      await sleep(RETRY_AFTER_MS, undefined, { signal });
      continue;
    }
    const close = keepRunning({
      cluster,
      settings,
      url,
      lease,
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
