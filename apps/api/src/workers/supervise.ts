import cluster, { type Worker } from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { StartupError } from '../errors.ts';
import type { Logger } from '../observability/logger.ts';
import { type Addresses, SIGNALS } from '../server.ts';
import { type Ask, type Handlers, answerCalls, openCalls } from './calls.ts';

/** The argument that makes a process a worker. */
export const WORKER_ARGUMENT = 'worker';

/** Workers in a row that end before they serve. */
const MAX_FAILED_STARTS = 5;
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
  /** Answer the calls of workers. */
  handlers: Handlers;
}

export interface ServingWorker {
  process: Worker;
  ask: Ask;
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

  /** @returns the signal or exit code that ended the worker */
  const runWorker = (onServing: (addresses: Addresses) => void): Promise<string | number> => {
    const worker = cluster.fork(env);
    running.add(worker);
    // Emitted when a message cannot be sent.
    worker.on('error', () => {});
    answerCalls(worker, handlers);
    worker.on('message', (message: unknown) => {
      const { data } = servingMessage.safeParse(message);
      if (data === undefined) return;
      serving.set(worker, { process: worker, ask: openCalls(worker) });
      onServing(data.serving);
    });
    return new Promise((resolve) => {
      worker.once('exit', (code: number, name: string | null) => {
        running.delete(worker);
        serving.delete(worker);
        resolve(name ?? code);
      });
    });
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
      });
      if (stopping.aborted) {
        // It did not stop in time.
        if (typeof cause === 'number' && cause > 0) process.exitCode = 1;
        return;
      }
      if (failedStarts === MAX_FAILED_STARTS) throw new StartupError(tooManyFailed(cause));
      if (performance.now() - startedAt >= STABLE_MS) pauseMs = MIN_PAUSE_MS;
      logger.error({ cause, pauseMs }, 'a worker has ended, restarting it');
      await sleep(pauseMs, undefined, { signal: stopping }).catch(() => {});
      pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS);
    }
  };

  const starts = Array.from({ length: count }, () => Promise.withResolvers<Addresses>());
  const lives = starts.map(({ resolve }) => keepRunning(resolve));
  return {
    started: Promise.all(starts.map(({ promise }) => promise)),
    ended: Promise.all(lives),
    serving: () => [...serving.values()],
    async [Symbol.asyncDispose]() {
      disposal.abort();
      // Workers that are stopping already ignore it.
      sendSignal('SIGINT');
      await Promise.allSettled(lives);
    },
  };
}

function tooManyFailed(cause: string | number): string {
  return `WEB_CONCURRENCY: a worker has ended ${MAX_FAILED_STARTS} times before it served (${cause}); its errors are above`;
}
