import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { UNSET, addressOf, spawnApi } from '@classroom/api/start';
import { z } from 'zod';
import { DemoError } from './lesson.ts';

/** The URL at which `pnpm start` serves the API. */
const DEFAULT_URL = 'http://127.0.0.1:3000';
const PROBE_TIMEOUT_MS = 3_000;
const ready = z.object({ status: z.literal('ok') });

/**
 * Finds the API at `API_URL`, else at the default port, else starts one, which `stack` stops.
 *
 * @returns `http://host:port`
 * @throws DemoError when no API responds at `API_URL`
 */
export async function findApi(stack: AsyncDisposableStack, signal: AbortSignal): Promise<string> {
  const apiUrl = process.env['API_URL'];
  if (apiUrl) {
    const url = apiUrl.replace(/\/+$/, '');
    if (await isReady(url)) return url;
    throw new DemoError(`API_URL ${url}: no classroom API responds; start it, or unset API_URL`);
  }
  if (await isReady(DEFAULT_URL)) return DEFAULT_URL;
  console.log(`No API responds at ${DEFAULT_URL}; starting one with its own database …`);
  return stack.use(await startOwnApi(signal)).url;
}

/** Whether a classroom API with a reachable database responds. */
async function isReady(url: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    const response = await fetch(`${url}/readyz`, { signal });
    return response.ok && ready.safeParse(await response.json()).success;
  } catch {
    return false;
  }
}

/** An API on a free port, with an embedded database that is deleted with it. */
export interface OwnApi extends AsyncDisposable {
  url: string;
  dataDir: string;
}

/**
 * Starts the API as `pnpm start` does, without the settings of the user: the demo must not touch another
 * database.
 *
 * @throws DemoError when it does not start; it has printed the reason
 */
export async function startOwnApi(signal: AbortSignal): Promise<OwnApi> {
  await using stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(path.join(tmpdir(), 'classroom-demo-'));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));

  const settings = { PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'error' };
  const api = spawnApi({ ...process.env, ...UNSET, ...settings }, { dropLogs: true });
  stack.use(api);
  signal.addEventListener('abort', () => void api.child.kill('SIGINT'));
  const url = await addressOf(api).catch(() => {
    throw new DemoError('The API did not start; its output above has the reason');
  });
  const started = stack.move();
  return { url, dataDir, [Symbol.asyncDispose]: () => started.disposeAsync() };
}
