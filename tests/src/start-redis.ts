import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { accepts, freePort } from './ports.ts';

export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

/** A Redis of a test's own, which keeps nothing on disk. */
export interface RunningRedis extends AsyncDisposable {
  child: ChildProcess;
  port: number;
  url: string;
}

/** @param port a free one, when not given */
export async function startRedis(port?: number): Promise<RunningRedis> {
  const given = port ?? (await freePort());
  const options = ['--port', String(given), '--bind', '127.0.0.1', '--save', ''];
  const child = spawn('redis-server', options, { stdio: 'ignore' });
  const exit = once(child, 'close');
  while (!(await accepts(given))) {
    if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    child,
    port: given,
    url: `redis://127.0.0.1:${given}`,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exit;
    },
  };
}
