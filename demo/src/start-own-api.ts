import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { DemoError } from './demo-error.ts';
import { ownApiEnvironment } from './environment.ts';

const MAIN = path.resolve(import.meta.dirname, '../../apps/api/src/main.ts');

/** An API on a free port, with an embedded database that goes with it. */
export interface OwnApi extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  url: string;
  dataDir: string;
}

/**
 * Runs the API as `pnpm start` does, and waits until it listens.
 *
 * @throws DemoError when it does not; it has said why on standard error
 */
export async function startOwnApi(signal: AbortSignal): Promise<OwnApi> {
  await using stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(path.join(tmpdir(), 'classroom-demo-'));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));

  const child = spawn(process.execPath, [MAIN], {
    env: ownApiEnvironment(dataDir),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'close');
  const stop = () => void child.kill('SIGINT');
  signal.addEventListener('abort', stop);
  stack.defer(async () => {
    stop();
    child.stdout.resume();
    await exit;
  });

  for await (const line of createInterface({ input: child.stdout })) {
    const url = /listens on (http:\S+)/.exec(line)?.[1];
    if (url === undefined) continue;
    child.stdout.resume();
    const started = stack.move();
    return { url, dataDir, [Symbol.asyncDispose]: () => started.disposeAsync() };
  }
  throw new DemoError('The API has not started.');
}
