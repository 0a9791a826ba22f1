/** SIGHUP is what a closing terminal sends. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** How long a balancer may take to see that the process is no longer ready. */
const LEAVE_MS = 2_000;

export interface Shutdown {
  /** Aborts when the process is asked to end. */
  signal: AbortSignal;
  /**
   * How long to go on serving from then on, in milliseconds. A supervisor sends SIGTERM, and there may
   * be a balancer; who sits at a terminal does not want to wait.
   */
  leaveMs: () => number;
}

/**
 * Asked again the process goes on as it was: a terminal's Ctrl-C reaches it once by itself and once
 * through the package manager.
 */
export function awaitShutdown(): Shutdown {
  const controller = new AbortController();
  const { signal } = controller;
  let leaveMs = 0;
  for (const name of SIGNALS) {
    process.on(name, () => {
      if (!signal.aborted && name === 'SIGTERM') leaveMs = LEAVE_MS;
      controller.abort();
    });
  }
  return { signal, leaveMs: () => leaveMs };
}
