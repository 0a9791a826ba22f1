import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { VARIABLES } from '../env.ts';

const MAIN = path.resolve(import.meta.dirname, '../main.ts');

/** With the end of its line: a chunk may end within the address. */
const ADDRESS = /listens on (http:\S+)\n/;

/** Every setting of the API, unset: an empty value also overrides a `.env` file. */
export const UNSET = Object.fromEntries(VARIABLES.map((name) => [name, '']));

export interface ApiProcess extends AsyncDisposable {
  child: ChildProcess;
  /** Everything printed so far on standard output and error. */
  output: () => string;
  /** Resolves with the exit code, or the name of the signal that ended the process. */
  exit: Promise<number | string>;
}

export interface RunningApi extends ApiProcess {
  /** `http://127.0.0.1:port` */
  url: string;
}

export interface SpawnOptions {
  /** The module to run instead of `main.ts`. */
  main?: string;
  /** Drops the logs once the API listens, and passes standard error on. */
  dropLogs?: boolean;
}

/** Runs the API with the settings in `env`, by default on a free port and without rate limits. */
export function spawnApi(
  env: Readonly<Record<string, string | undefined>>,
  { main = MAIN, dropLogs = false }: SpawnOptions = {},
): ApiProcess {
  const child = spawn(process.execPath, [main], {
    env: { ...UNSET, PATH: process.env['PATH'], PORT: '0', RATE_LIMITS: 'off', ...env },
    stdio: ['ignore', 'pipe', dropLogs ? 'inherit' : 'pipe'],
  });
  let output = '';
  const read = (chunk: string) => {
    if (!dropLogs || !ADDRESS.test(output)) output += chunk;
  };
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', read);
  const exit = once(child, 'close').then(([code, signal]: unknown[]) =>
    typeof code === 'number' ? code : String(signal),
  );
  return {
    child,
    output: () => output,
    exit,
    async [Symbol.asyncDispose]() {
      // On SIGTERM, the API would wait for load balancers.
      child.kill('SIGINT');
      await exit;
    },
  };
}

/** Runs the API and waits until it listens. @throws Error when it ends before */
export async function startApi(
  env: Readonly<Record<string, string | undefined>>,
  options: SpawnOptions = {},
): Promise<RunningApi> {
  const api = spawnApi(env, options);
  return { ...api, url: await addressOf(api) };
}

/** Waits until the API listens. @throws Error when it ends before */
export async function addressOf(api: ApiProcess): Promise<string> {
  return await printed(api, ADDRESS);
}

/**
 * Waits until the process has printed a match in complete lines, and returns its first group.
 *
 * @throws Error when the process ends before
 */
export async function printed(api: ApiProcess, pattern: RegExp): Promise<string> {
  for (;;) {
    const hasEnded = api.child.exitCode !== null || api.child.signalCode !== null;
    // The last output may arrive after the process has ended.
    if (hasEnded) await api.exit;
    const output = api.output();
    const match = pattern.exec(output.slice(0, output.lastIndexOf('\n') + 1));
    if (match !== null) return match[1] ?? match[0];
    if (hasEnded) throw new Error(`The API has ended, and printed:\n${output}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
