import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { accepts, freePort } from './ports.ts';

const CONFIGURATION = path.resolve(import.meta.dirname, '../../deploy/nginx.conf');

/** Debian puts it where not every PATH looks. */
const PROGRAM = ['nginx', '/usr/sbin/nginx'].find(
  (program) => spawnSync(program, ['-v']).status === 0,
);

export const hasNginx = PROGRAM !== undefined;

export interface RunningNginx extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  url: string;
}

/** An nginx of a test's own, as in `deploy/nginx.conf`, before the processes of the API at these URLs. */
export async function startNginx(apiUrls: readonly string[]): Promise<RunningNginx> {
  const port = await freePort();
  const directory = await mkdtemp(path.join(tmpdir(), 'classroom-nginx-'));
  // Started by root, its workers run as another.
  await chmod(directory, 0o755);
  const file = path.join(directory, 'nginx.conf');
  await writeFile(file, await configurationFor(port, apiUrls, directory));
  const child = spawn(
    PROGRAM ?? '',
    ['-c', file, '-e', 'stderr', '-g', `daemon off; pid ${directory}/pid;`],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let printed = '';
  child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const exit = once(child, 'close');
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`nginx has ended, and printed:\n${printed}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      // Not SIGKILL, which its workers would survive.
      child.kill('SIGTERM');
      await exit;
      await rm(directory, { recursive: true });
    },
  };
}

/** The configuration of the project, but for where things are. */
async function configurationFor(
  port: number,
  apiUrls: readonly string[],
  directory: string,
): Promise<string> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${directory}/${name};`,
  );
  const replacements = {
    'server api:3000;': apiUrls.map((url) => `server ${new URL(url).host};`).join(' '),
    'listen 8080;': `listen 127.0.0.1:${port};`,
    'http {': ['http {', 'access_log off;', ...temporary].join('\n'),
  };
  return Object.entries(replacements).reduce(
    (text, [from, to]) => replaceOnce(text, from, to),
    await readFile(CONFIGURATION, 'utf8'),
  );
}

/** @throws when it is not there exactly once: the test would run something else */
function replaceOnce(text: string, from: string, to: string): string {
  const parts = text.split(from);
  if (parts.length !== 2) {
    throw new Error(`deploy/nginx.conf has ${parts.length - 1} times what is replaced: ${from}`);
  }
  return parts.join(to);
}
