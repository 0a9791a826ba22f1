import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTestDatabase } from '@classroom/db/testing';
import { findProgram, freePort, startProgram } from './programs.ts';
import { type RunningApi, startApi } from '@classroom/api/start';

const CONFIGURATION = path.resolve(import.meta.dirname, '../../deploy/nginx.conf');
const NGINX = findProgram('nginx', '-v');

export const hasNginx = NGINX !== undefined;

/** The services of `compose.yaml`, without containers. */
export interface Deployment extends AsyncDisposable {
  /** The URL of nginx. */
  url: string;
  one: RunningApi;
  other: RunningApi;
}

/** Runs two API processes on their own database, with nginx in front of them. */
export async function startDeployment(env: Record<string, string> = {}): Promise<Deployment> {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await createTestDatabase());
  const start = () => startApi({ DATABASE_URL: database.url, LOG_LEVEL: 'warn', ...env });
  const [one, other] = await Promise.all([start(), start()]);
  stack.use(one);
  stack.use(other);
  const { url } = stack.use(await startNginx([one.url, other.url]));
  const started = stack.move();
  return { url, one, other, [Symbol.asyncDispose]: () => started.disposeAsync() };
}

/**
 * Runs nginx with `deploy/nginx.conf` in front of servers, the first of which gets the first request.
 *
 * @param changes texts of the configuration, with their replacements
 */
export async function startNginx(
  apiUrls: readonly string[],
  changes: Readonly<Record<string, string>> = {},
): Promise<AsyncDisposable & { url: string }> {
  const port = await freePort();
  const directory = await mkdtemp(path.join(tmpdir(), 'classroom-nginx-'));
  // nginx runs its workers as another user when root starts it.
  await chmod(directory, 0o755);
  const file = path.join(directory, 'nginx.conf');
  await writeFile(file, await configurationFor(port, apiUrls, directory, changes));
  const options = ['-c', file, '-e', 'stderr', '-g', `daemon off; pid ${directory}/pid;`];
  const { stop } = await startProgram(NGINX ?? '', options, port);
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      // The workers would survive SIGKILL.
      await stop('SIGTERM');
      await rm(directory, { recursive: true });
    },
  };
}

/** Adapts addresses and paths in `deploy/nginx.conf`. */
async function configurationFor(
  port: number,
  apiUrls: readonly string[],
  directory: string,
  changes: Readonly<Record<string, string>>,
): Promise<string> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${directory}/${name};`,
  );
  const replacements = {
    'server api:3000 fail_timeout=2s;': apiUrls
      .map((url) => `server ${new URL(url).host} fail_timeout=2s;`)
      .join(' '),
    'listen 8080;': `listen 127.0.0.1:${port};`,
    'http {': ['http {', 'access_log off;', ...temporary].join('\n'),
    ...changes,
  };
  return Object.entries(replacements).reduce(
    (text, [from, to]) => replace(text, from, to),
    await readFile(CONFIGURATION, 'utf8'),
  );
}

/** @throws when the text does not contain `from`: nginx would run another configuration */
function replace(text: string, from: string, to: string): string {
  if (!text.includes(from)) {
    throw new Error(`deploy/nginx.conf does not contain ${JSON.stringify(from)}`);
  }
  return text.replaceAll(from, to);
}
