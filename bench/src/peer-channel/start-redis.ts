import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { promisify } from 'node:util';

const exec = promisify(execFile);

export interface BenchmarkRedis {
  version: string;
  url: string;
  pid: number;
}

/** Starts a Redis that keeps nothing on disk. @returns undefined when it is not installed */
export async function startRedis(stack: AsyncDisposableStack): Promise<BenchmarkRedis | undefined> {
  const described = await exec('redis-server', ['--version']).catch(() => undefined);
  if (described === undefined) return undefined;
  const port = await freePort();
  const options = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', ''];
  const child = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  stack.defer(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  for await (const line of child.stdout) {
    if (String(line).includes('Ready to accept connections')) break;
  }
  const version = /v=(\S+)/.exec(described.stdout)?.[1] ?? 'of unknown version';
  return { version, url: `redis://127.0.0.1:${port}`, pid: child.pid ?? 0 };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return address !== null && typeof address === 'object' ? address.port : 0;
}
