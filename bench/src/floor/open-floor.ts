import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Floor } from './floor.ts';
import { pgLoop } from './pg-loop.ts';
import { pgbench } from './pgbench.ts';

const run = promisify(execFile);

/** @param directory where pgbench finds its script */
export async function openFloor(databaseUrl: string, directory: string): Promise<Floor> {
  const version = await run('pgbench', ['--version']).catch(() => undefined);
  return version === undefined
    ? pgLoop(databaseUrl)
    : pgbench(version.stdout.trim(), databaseUrl, directory);
}
