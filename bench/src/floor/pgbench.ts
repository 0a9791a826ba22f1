import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Floor } from './floor.ts';
import { pgbenchScript } from './pgbench-script.ts';

const run = promisify(execFile);

export function pgbench(by: string, databaseUrl: string, directory: string): Floor {
  const script = path.join(directory, 'floor.sql');
  return {
    by,
    async measure(round, { connections, seconds }) {
      await writeFile(script, await pgbenchScript(round, databaseUrl));
      const { stdout } = await run('pgbench', [
        '--no-vacuum',
        '--protocol=prepared',
        `--file=${script}`,
        `--client=${connections}`,
        '--jobs=2',
        `--time=${seconds}`,
        databaseUrl,
      ]);
      const perSecond = /tps = ([\d.]+)/.exec(stdout)?.[1];
      if (perSecond === undefined) throw new Error(`pgbench said:\n${stdout}`);
      return Number(perSecond);
    },
  };
}
