import { makeDirectory } from './make-directory.ts';

/** Where root keeps what the run-as user cannot reach elsewhere. */
const SHARED_HOME = '/var/lib/classroom';

/** Makes the shared directory, unless it exists. */
export async function sharedHome(): Promise<string> {
  await makeDirectory(SHARED_HOME, 0o755);
  return SHARED_HOME;
}
