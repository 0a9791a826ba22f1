import cluster, { type Worker } from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { StartupError } from '../errors.ts';
import type { Logger } from '../observability/logger.ts';
import { type Addresses, SIGNALS } from '../server.ts';
import { type Handlers, type SendRequest, createRequester, handleRequests } from './requests.ts';

/** The argument that makes a process a worker. */
export const WORKER_ARGUMENT = 'worker';

/** While the server starts: workers in a row that end before they serve. */
const MAX_FAILED_STARTS = 5;
/** A signal may reach a worker before it handles signals. */
const ORDERLY_ENDS: ReadonlySet<string | number> = new Set([0, ...SIGNALS]);
const MIN_PAUSE_MS = 250;
const MAX_PAUSE_MS = 15_000;
/** The pause is short again after a worker has lived for this time. */
const STABLE_MS = 60_000;

const servingMessage = z.object({
  serving: z.object({ address: z.string(), elsewhere: z.string() }),
});

export interface WorkersOptions {
  count: number;
  /** Settings in which workers differ from the parent. */
  env: Record<string, string>;
  logger: Logger;
  /** Handle the requests of workers. */
  handlers: Handlers;
}

export interface ServingWorker {
  worker: Worker;
  sendRequest: SendRequest;
}

export interface Workers extends AsyncDisposable {
  /** Resolves when all workers serve, with the addresses of each. */
  started: Promise<readonly Addresses[]>;
  /** Rejects with a StartupError when workers end before they serve; resolves after the stop. */
  ended: Promise<unknown>;
  serving: () => ServingWorker[];
}

/**
 * Runs workers and restarts each one that ends, until `signal` aborts. Workers get the signals of this
 * process too. Disposing stops them.
 */
export function superviseWorkers(options: WorkersOptions, signal: AbortSignal): Workers {
  const { count, env, logger, handlers } = options;
  const disposal = new AbortController();
  const stopping = AbortSignal.any([signal, disposal.signal]);
  const running = new Set<Worker>();
  const serving = new Map<Worker, ServingWorker>();
  const sendSignal = (name: NodeJS.Signals) => {
    for (const worker of running) worker.process.kill(name);
  };
  for (const name of SIGNALS) process.on(name, sendSignal);
  process.on('exit', () => sendSignal('SIGKILL'));

  // Every worker accepts by itself. A connection that the parent has passed to a worker would hang
  // when the worker is killed.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({ args: [WORKER_ARGUMENT] });

  /** @returns the signal, exit code or error that ended the worker */
  const runWorker = async (onServing: (addresses: Addresses) => void): Promise<string | number> => {
    const worker = cluster.fork(env);
    running.add(worker);
    handleRequests(worker, handlers);
    worker.on('message', (message: unknown) => {
      const { data } = servingMessage.safeParse(message);
      if (data === undefined) return;
      serving.set(worker, { worker, sendRequest: createRequester(worker) });
      onServing(data.serving);
    });
    const ended = new Promise<string | number>((resolve) => {
      worker.once('exit', (code: number, name: string | null) => resolve(name ?? code));
      worker.on('error', (error: Error) => {
        // A process that cannot be created has no 'exit' event. Otherwise a message cannot be sent.
        if (worker.process.pid === undefined) resolve(error.message);
      });
    });
    const cause = await ended;
    running.delete(worker);
    serving.delete(worker);
    return cause;
  };

  const keepRunning = async (onServing: (addresses: Addresses) => void): Promise<void> => {
    let failedStarts = 0;
    let pauseMs = MIN_PAUSE_MS;
    while (!stopping.aborted) {
      const startedAt = performance.now();
      failedStarts += 1;
      const cause = await runWorker((addresses) => {
        failedStarts = 0;
        onServing(addresses);
      }).catch(String);
      if (stopping.aborted) {
        if (!ORDERLY_ENDS.has(cause)) process.exitCode = 1;
        return;
      }
      if (!hasStarted && failedStarts === MAX_FAILED_STARTS) {
        throw new StartupError(failedStartMessage(cause));
      }
      if (performance.now() - startedAt >= STABLE_MS) pauseMs = MIN_PAUSE_MS;
      logger.error({ cause, pauseMs }, 'a worker has ended, restarting it');
      await sleep(pauseMs, undefined, { signal: stopping }).catch(() => {});
      pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS);
    }
  };

  const starts = Array.from({ length: count }, () => Promise.withResolvers<Addresses>());
  const started = Promise.all(starts.map(({ promise }) => promise));
  let hasStarted = false;
  void started.then(() => (hasStarted = true));
  const slots = starts.map(({ resolve }) => keepRunning(resolve));
  return {
    started,
    ended: Promise.all(slots),
    serving: () => [...serving.values()],
    async [Symbol.asyncDispose]() {
      disposal.abort();
      // Workers that are stopping already ignore it.
      sendSignal('SIGINT');
      await Promise.allSettled(slots);
    },
  };
}

function failedStartMessage(cause: string | number): string {
  return `WEB_CONCURRENCY: a worker has ended ${MAX_FAILED_STARTS} times before it served (${cause}); its errors are above`;
}
