import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Load } from './load.ts';
import { wrkScript } from './wrk-script.ts';

const run = promisify(execFile);

export function wrkLoad(by: string, directory: string): Load {
  const script = path.join(directory, 'load.lua');
  return {
    by,
    async measure(url, round, { connections, seconds }) {
      await writeFile(script, wrkScript(round));
      const { stdout } = await run('wrk', [
        '--threads=1',
        `--connections=${connections}`,
        `--duration=${seconds}s`,
        '--latency',
        `--script=${script}`,
        url,
      ]);
      if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`Calls failed:\n${stdout}`);
      return {
        perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
        p50: milliseconds(/50%\s+([\d.]+)(us|ms|s)/.exec(stdout)),
        p99: milliseconds(/99%\s+([\d.]+)(us|ms|s)/.exec(stdout)),
      };
    },
  };
}

function milliseconds(match: RegExpExecArray | null): number {
  const [, value, unit] = match ?? [];
  return Math.round(Number(value) * (unit === 's' ? 1000 : unit === 'ms' ? 1 : 0.001));
}
