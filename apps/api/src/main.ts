import { once } from 'node:events';
import { StartupError } from './errors.ts';
import { startServer } from './server.ts';
import { awaitShutdown } from './shutdown.ts';

/** How long a stop may take; supervisors kill soon after. */
const STOP_TIMEOUT_MS = 10_000;

const stack = new AsyncDisposableStack();
const shutdown = awaitShutdown();
const { signal } = shutdown;
let exitCode = 0;

function limitStop(): void {
  const giveUp = () => {
    console.error(`Not everything could be closed in ${STOP_TIMEOUT_MS / 1000} s`);
    process.exit(1);
  };
  setTimeout(giveUp, STOP_TIMEOUT_MS).unref();
}
signal.addEventListener('abort', limitStop);

try {
  await startServer(stack, shutdown);
  if (!signal.aborted) await once(signal, 'abort');
} catch (error) {
  if (!signal.aborted) {
    exitCode = 1;
    console.error(error instanceof StartupError ? error.message : error);
    limitStop();
  }
}
await stack.disposeAsync();
process.exit(exitCode);
