import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import { type Lease, takeLease } from './lease.ts';
import { findOrStartServer, stopServer, stopStartingServer } from './server.ts';

export interface KeepRunningOptions {
  cluster: Cluster;
  settings: readonly string[];
  url: string;
  lease: Lease;
  /** The server does not answer; it is restarted until it does. */
  onDown: () => void;
  onUp: (downMs: number) => void;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;
/** A server that ends sooner than this after its start is likely to end for the same reason again. */
const STABLE_MS = 5_000;

/**
 * Restarts the server whenever it ends, on the same port, with a growing pause between the attempts.
 * Several processes may do so for one server.
 *
 * @returns a function that ends this, and stops the server unless another process uses it
 */
export function keepRunning(options: KeepRunningOptions): () => Promise<void> {
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
  const keep = async () => {
    while (lease !== undefined) {
      const since = performance.now();
      await Promise.race([lease.ended, aborted]);
      if (signal.aborted) return;
      // Only the connection may have ended.
      lease = await takeLease(url);
      if (lease !== undefined) continue;
      const lostAt = performance.now();
      if (lostAt - since > STABLE_MS) pauseMs = 0;
      onDown();
      lease = await restart();
      if (lease !== undefined) onUp(performance.now() - lostAt);
    }
  };
  const kept = keep();

  const close = async () => {
    closing.abort();
    await kept;
    lease ??= await takeLease(url);
    const outcome = (await lease?.release()) ?? 'no answer';
    if (outcome === 'last') await stopServer(cluster);
    if (outcome === 'no answer') await stopStartingServer(cluster);
    await lease?.close();
  };
  let closed: Promise<void> | undefined;
  return async () => await (closed ??= close());
}
