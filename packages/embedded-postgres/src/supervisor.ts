import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import { findOrStartServer, stopServer, stopStartingServer } from './server.ts';
import { type SharedLock, acquireSharedLock } from './shared-lock.ts';

export interface SuperviseOptions {
  cluster: Cluster;
  settings: readonly string[];
  url: string;
  lock: SharedLock;
  onDown: () => void;
  onUp: (downMs: number) => void;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;
/** The pause starts at zero again once a server has run this long. */
const STABLE_MS = 5_000;

/**
 * Restarts the server on the same port whenever it ends, with a growing pause between attempts. Several
 * processes may supervise one server.
 *
 * @returns closes the supervisor, and stops the server unless another process uses it
 */
export function supervise(options: SuperviseOptions): () => Promise<void> {
  const { cluster, settings, url, onDown, onUp } = options;
  const port = Number(new URL(url).port);
  const closing = new AbortController();
  const { signal } = closing;
  const aborted = once(signal, 'abort');
  let lock: SharedLock | undefined = options.lock;
  let pauseMs = 0;

  const restart = async (): Promise<SharedLock | undefined> => {
    while (!signal.aborted) {
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
      pauseMs = Math.min(Math.max(pauseMs * 2, FIRST_PAUSE_MS), LONGEST_PAUSE_MS);
      await findOrStartServer(cluster, { settings, port }, signal).catch(() => {});
      const acquired = await acquireSharedLock(url);
      if (acquired !== undefined) return acquired;
    }
    return undefined;
  };
  const watch = async () => {
    while (lock !== undefined) {
      const since = performance.now();
      await Promise.race([lock.ended, aborted]);
      if (signal.aborted) return;
      // The connection may have ended while the server still runs.
      lock = await acquireSharedLock(url);
      if (lock !== undefined) continue;
      const lostAt = performance.now();
      if (lostAt - since > STABLE_MS) pauseMs = 0;
      onDown();
      lock = await restart();
      if (lock !== undefined) onUp(performance.now() - lostAt);
    }
  };
  const watched = watch();

  const close = async () => {
    closing.abort();
    await watched;
    lock ??= await acquireSharedLock(url);
    const outcome = (await lock?.release()) ?? 'disconnected';
    if (outcome === 'last') await stopServer(cluster);
    if (outcome === 'disconnected') await stopStartingServer(cluster);
    await lock?.close();
  };
  let closed: Promise<void> | undefined;
  return async () => await (closed ??= close());
}
