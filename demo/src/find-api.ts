import { z } from 'zod';
import { DemoError } from './demo-error.ts';
import { API_URL } from './environment.ts';
import { startOwnApi } from './start-own-api.ts';

/** Where `pnpm start` serves the API. */
const DEFAULT_URL = 'http://127.0.0.1:3000';
const PROBE_TIMEOUT_MS = 3_000;
const ready = z.object({ status: z.literal('ok') });

/**
 * The API to play against: that of `API_URL`, else the one on the default port, else one of the
 * demo's own, which `stack` stops.
 *
 * @returns `http://host:port`
 * @throws DemoError when the API of `API_URL` does not answer
 */
export async function findApi(stack: AsyncDisposableStack, signal: AbortSignal): Promise<string> {
  if (API_URL !== undefined) {
    const url = API_URL.replace(/\/+$/, '');
    if (await answers(url)) return url;
    throw new DemoError(`No classroom API answers at ${url} (API_URL). Is it running?`);
  }
  if (await answers(DEFAULT_URL)) return DEFAULT_URL;
  console.log(`Nothing answers at ${DEFAULT_URL}. Starting an API with a database of its own …`);
  return stack.use(await startOwnApi(signal)).url;
}

/** Whether an API of ours is there and has its database; other servers answer otherwise. */
async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/readyz`, {
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    });
    return response.ok && ready.safeParse(await response.json()).success;
  } catch {
    return false;
  }
}
