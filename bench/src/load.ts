import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import autocannon from 'autocannon';
import type { Round } from './procedures.ts';
import { randomDigits, rangeOf } from './random-digits.ts';
import type { RoundOptions } from './statistics.ts';

const exec = promisify(execFile);

/** Sends HTTP calls from this machine, where it competes with the server for CPU time. */
export interface Load {
  name: string;
  /** Calls a URL with inputs of the round. @throws Error when any response is not 200 */
  measure: (url: string, round: Round, options: RoundOptions) => Promise<LoadResult>;
}

export interface LoadResult {
  perSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
}

/**
 * Uses wrk when it is installed, which takes as little CPU as pgbench, else autocannon.
 *
 * @param directory for the script of wrk
 */
export async function openLoad(directory: string): Promise<Load> {
  // wrk prints its version with exit code 1.
  const version = await exec('wrk', ['-v']).catch((error: unknown) => error);
  const stdout = version instanceof Object && 'stdout' in version ? String(version.stdout) : '';
  const name = /^wrk \S+/.exec(stdout)?.[0];
  return name === undefined ? autocannonLoad : wrkLoad(name, directory);
}

const autocannonLoad: Load = {
  name: 'autocannon (wrk is not installed)',
  async measure(url, round, { connections, seconds }) {
    const result = await autocannon({
      url,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      requests: [
        {
          setupRequest: (request) => ({
            ...request,
            body: JSON.stringify(round.input(randomDigits)),
          }),
        },
      ],
      connections,
      duration: seconds,
    });
    if (result.non2xx > 0 || result.errors > 0) {
      throw new Error(`${result.non2xx} calls were refused, ${result.errors} failed`);
    }
    const { p50, p99 } = result.latency;
    return { perSecond: result['2xx'] / result.duration, p50, p99 };
  },
};

function wrkLoad(name: string, directory: string): Load {
  const script = path.join(directory, 'load.lua');
  return {
    name,
    async measure(url, round, { connections, seconds }) {
      await writeFile(script, wrkScript(round));
      const { stdout } = await exec('wrk', [
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

/** The input of a round in Lua, concatenated from constant parts and random digits. */
function wrkScript(round: Round): string {
  const body = JSON.stringify(round.input((digits) => `<${digits}>`))
    .split(/<(\d+)>/)
    .map((part, index) => (index % 2 === 0 ? `[==[${part}]==]` : luaRandom(Number(part))))
    .join(' .. ');
  // Lua starts from the same seed every time, and would write 15 digits with an exponent.
  return `
    math.randomseed(${randomInt(2 ** 31)})
    wrk.method = "POST"
    wrk.headers["content-type"] = "application/json"
    request = function()
      return wrk.format(nil, nil, nil, ${body})
    end
  `;
}

function luaRandom(digits: number): string {
  const { min, max } = rangeOf(digits);
  return `string.format("%.0f", math.random(${min}, ${max}))`;
}
