import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { autocannonLoad } from './autocannon-load.ts';
import type { Load } from './load.ts';
import { wrkLoad } from './wrk-load.ts';

const run = promisify(execFile);

/**
 * wrk where it is on the machine, as light as pgbench on the other side; else autocannon.
 *
 * @param directory where wrk finds its script
 */
export async function openLoad(directory: string): Promise<Load> {
  // wrk says its version with exit code 1; only when it is missing is there no output.
  const version = await run('wrk', ['-v']).catch((error: unknown) => outputOf(error));
  const name = /^wrk \S+/.exec(typeof version === 'string' ? version : version.stdout)?.[0];
  return name === undefined ? autocannonLoad : wrkLoad(name, directory);
}

function outputOf(error: unknown): string {
  return error instanceof Error && 'stdout' in error ? String(error.stdout) : '';
}
