import type { ChildProcess } from 'node:child_process';
import { createConnection } from 'node:net';
import { text } from 'node:stream/consumers';
import { findProgram, freePort, startProgram } from './programs.ts';

const REDIS = findProgram('redis-server', '--version');

export const hasRedis = REDIS !== undefined;

export interface RunningRedis extends AsyncDisposable {
  child: ChildProcess;
  port: number;
  url: string;
}

/** Runs a Redis that keeps nothing on disk, by default on a free port. */
export async function startRedis(
  givenPort?: number,
  more: readonly string[] = [],
): Promise<RunningRedis> {
  const port = givenPort ?? (await freePort());
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', ...more];
  const { child, stop } = await startProgram(REDIS ?? '', options, port);
  return {
    child,
    port,
    url: `redis://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => stop('SIGKILL'),
  };
}

/** Sends an inline command, and returns the response as it was sent. */
export async function askRedis({ port }: Pick<RunningRedis, 'port'>, command: string) {
  const socket = createConnection(port, '127.0.0.1');
  socket.write(`${command}\r\nQUIT\r\n`);
  return await text(socket);
}
