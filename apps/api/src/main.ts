import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { readEnv } from './env.ts';
import { StartupError } from './errors.ts';
import { SIGNALS, STOP_TIMEOUT_MS, startServer } from './server.ts';
import { startWorkers } from './workers/parent.ts';
import { WORKER_ARGUMENT } from './workers/supervise.ts';
import { startWorker } from './workers/worker.ts';

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
    stopping.abort();
  });
}
signal.addEventListener('abort', () => setTimeout(exitUnfinished, STOP_TIMEOUT_MS).unref());

function exitUnfinished(): void {
  console.error(`The server did not stop within ${STOP_TIMEOUT_MS / 1000} s; exiting anyway`);
  process.exit(1);
}

async function start(): Promise<AsyncDisposable> {
  const env = readEnv();
  if (process.argv[2] === WORKER_ARGUMENT) return await startWorker(env, stopping);
  if (env.WEB_CONCURRENCY > 1) return await startWorkers(env, stopping);
  return await startServer(env, signal);
}

let server: AsyncDisposable | undefined;
try {
  server = await start();
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
process.exit();
