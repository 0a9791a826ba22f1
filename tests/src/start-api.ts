import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { VARIABLES } from '@classroom/api/env';

const MAIN = path.resolve(import.meta.dirname, '../../apps/api/src/main.ts');

/** What is set to nothing counts as unset, and not even a `.env` file sets it. */
const NOTHING_SET = Object.fromEntries(VARIABLES.map((name) => [name, '']));

/** A process of the API, as `pnpm start` runs it. */
export interface ApiProcess extends AsyncDisposable {
  child: ChildProcess;
  /** All that it has printed, on both outputs. */
  output: () => string;
  /** Resolves with its exit code, or the name of the signal that ended it. */
  exit: Promise<number | string>;
}

export interface RunningApi extends ApiProcess {
  /** `http://127.0.0.1:port` */
  url: string;
}

/**
 * Runs the API with only these variables of its own set. Rate limits are off unless set: a test does
 * from one address in seconds what a school does in a day.
 */
export function spawnApi(env: Record<string, string>, main = MAIN): ApiProcess {
  const child = spawn(process.execPath, [main], {
    env: { ...NOTHING_SET, PATH: process.env['PATH'], PORT: '0', RATE_LIMITS: 'off', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exit = once(child, 'close').then(([code, signal]: unknown[]) =>
    typeof code === 'number' ? code : String(signal),
  );
  return {
    child,
    output: () => output,
    exit,
    async [Symbol.asyncDispose]() {
      // As from a terminal: on SIGTERM it would wait for a balancer.
      child.kill('SIGINT');
      await exit;
    },
  };
}

/** Runs the API and waits until it listens. */
export async function startApi(env: Record<string, string>, main = MAIN): Promise<RunningApi> {
  const api = spawnApi(env, main);
  return { ...api, url: await printed(api, /listens on (http:\S+)/) };
}

/**
 * Waits until the process has printed that, and gives what the first group matched.
 *
 * @throws when it ends before
 */
export async function printed(api: ApiProcess, pattern: RegExp): Promise<string> {
  for (;;) {
    if (api.child.exitCode !== null || api.child.signalCode !== null) {
      throw new Error(`The API has ended, and printed:\n${api.output()}`);
    }
    const match = pattern.exec(api.output());
    if (match !== null) return match[1] ?? match[0];
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
