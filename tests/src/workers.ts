import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ApiProcess } from '@classroom/api/start';

const run = promisify(execFile);

/** The process ids of the workers of an API, in ascending order. */
export async function workersOf({ child }: ApiProcess): Promise<number[]> {
  const { stdout } = await run('ps', ['-eo', 'pid=,ppid=,args=']);
  return stdout
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s.* worker$/.exec(line))
    .filter((match) => match?.[2] === String(child.pid))
    .map((match) => Number(match?.[1]));
}
