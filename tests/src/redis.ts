import type { ChildProcess } from 'node:child_process';
import { findProgram, freePort, startProgram } from './programs.ts';

const REDIS = findProgram('redis-server', '--version');

export const hasRedis = REDIS !== undefined;

export interface RunningRedis extends AsyncDisposable {
  child: ChildProcess;
  port: number;
  url: string;
}

/** Runs a Redis that keeps nothing on disk, by default on a free port. */
export async function startRedis(givenPort?: number): Promise<RunningRedis> {
  const port = givenPort ?? (await freePort());
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', ''];
  const { child, stop } = await startProgram(REDIS ?? '', options, port);
  return {
    child,
    port,
    url: `redis://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => stop('SIGKILL'),
  };
}
