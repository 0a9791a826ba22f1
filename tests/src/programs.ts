import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createConnection, createServer, type Server } from 'node:net';

/** Finds a program on PATH or in `/usr/sbin`, where Debian puts servers. */
export function findProgram(name: string, versionOption: string): string | undefined {
  return [name, `/usr/sbin/${name}`].find(
    (program) => spawnSync(program, [versionOption]).status === 0,
  );
}

/** Listens on a free port of loopback, and returns the port. */
export async function listenOnLoopback(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

/** Finds a port of loopback on which no server listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenOnLoopback(server);
  server.close();
  await once(server, 'close');
  return port;
}

async function acceptsConnections(port: number): Promise<boolean> {
  const socket = createConnection(port, '127.0.0.1');
  const connected = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return connected;
}

export interface RunningProgram {
  child: ChildProcess;
  stop: (signal: 'SIGTERM' | 'SIGKILL') => Promise<void>;
}

/**
 * Runs a server, and waits until it accepts connections.
 *
 * @throws when it exits first, with what it printed on standard error
 */
export async function startProgram(
  program: string,
  options: readonly string[],
  port: number,
): Promise<RunningProgram> {
  const child = spawn(program, options, { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const exit = once(child, 'close');
  while (!(await acceptsConnections(port))) {
    if (child.exitCode !== null) {
      throw new Error(`${program} exited with ${child.exitCode}:\n${errors}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    child,
    async stop(signal) {
      child.kill(signal);
      await exit;
    },
  };
}
