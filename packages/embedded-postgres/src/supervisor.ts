import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import { type Lease, takeLease } from './lease.ts';
import { findOrStartServer, stopServer, stopStartingServer } from './server.ts';

export interface SuperviseOptions {
  cluster: Cluster;
  settings: readonly string[];
  url: string;
  lease: Lease;
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
 * @returns ends the supervision, and stops the server unless another process uses it
 */
export function supervise(options: SuperviseOptions): () => Promise<void> {
  const { cluster, settings, url, onDown, onUp } = options;
  const port = Number(new URL(url).port);
  const closing = new AbortController();
  const { signal } = closing;
  const aborted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve());
  });
  let lease: Lease | undefined = options.lease;
  let pauseMs = 0;

  const restart = async (): Promise<Lease | undefined> => {
    while (!signal.aborted) {
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
      pauseMs = Math.min(Math.max(pauseMs * 2, FIRST_PAUSE_MS), LONGEST_PAUSE_MS);
      await findOrStartServer(cluster, { settings, port }, signal).catch(() => {});
      const taken = await takeLease(url);
      if (taken !== undefined) return taken;
    }
    return undefined;
  };
  const watch = async () => {
    while (lease !== undefined) {
      const since = performance.now();
      await Promise.race([lease.ended, aborted]);
      if (signal.aborted) return;
      // The connection may have ended while the server still runs.
      lease = await takeLease(url);
      if (lease !== undefined) continue;
      const lostAt = performance.now();
      if (lostAt - since > STABLE_MS) pauseMs = 0;
      onDown();
      lease = await restart();
      if (lease !== undefined) onUp(performance.now() - lostAt);
    }
  };
  const watched = watch();

  const close = async () => {
    closing.abort();
    await watched;
    lease ??= await takeLease(url);
    const outcome = (await lease?.release()) ?? 'disconnected';
    if (outcome === 'last') await stopServer(cluster);
    if (outcome === 'disconnected') await stopStartingServer(cluster);
    await lease?.close();
  };
  let closed: Promise<void> | undefined;
  return async () => await (closed ??= close());
}
