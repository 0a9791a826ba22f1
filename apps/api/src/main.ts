import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { readEnv } from './env.ts';
import { StartupError } from './errors.ts';
import { STOP_TIMEOUT_MS, startServer } from './server.ts';

/** A closing terminal sends SIGHUP. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Time for load balancers to notice that `/readyz` is 503. */
const SIGTERM_GRACE_MS = 2_000;

const stopping = new AbortController();
const { signal } = stopping;
let graceMs = 0;

for (const name of SIGNALS) {
  process.on(name, () => {
    // Ctrl-C sends two signals: one directly, and one through the package manager.
    if (signal.aborted) return;
    if (name === 'SIGTERM') graceMs = SIGTERM_GRACE_MS;
    setTimeout(exitUnfinished, STOP_TIMEOUT_MS).unref();
    stopping.abort();
  });
}

function exitUnfinished(): void {
  console.error(`The server did not stop within ${STOP_TIMEOUT_MS / 1000} s; exiting anyway`);
  process.exit(1);
}

let server: AsyncDisposable | undefined;
try {
  server = await startServer(readEnv(), signal);
} catch (error) {
  if (!signal.aborted) {
    console.error(error instanceof StartupError ? error.message : error);
    process.exit(1);
  }
}
if (server !== undefined) {
  if (!signal.aborted) await once(signal, 'abort');
  await sleep(graceMs);
  await server[Symbol.asyncDispose]();
}
process.exit(0);
