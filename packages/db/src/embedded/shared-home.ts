import { mkdir } from 'node:fs/promises';

/** Where root keeps what the server's user cannot reach elsewhere. */
const SHARED_HOME = '/var/lib/classroom';

/** Makes sure that it is there. */
export async function sharedHome(): Promise<string> {
  await mkdir(SHARED_HOME, { recursive: true, mode: 0o755 });
  return SHARED_HOME;
}
