/** SIGHUP is what a closing terminal sends. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Aborts when the process is asked to end. Asked again it goes on as it was: a terminal's Ctrl-C
 * reaches the process once by itself and once through the package manager.
 */
export function shutdownSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of SIGNALS) process.on(signal, () => controller.abort());
  return controller.signal;
}
