import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import autocannon from 'autocannon';

const run = promisify(execFile);

export interface Load {
  /** What sends the requests; its work counts against the API, for it shares the machine. */
  by: string;
  /** Creates sessions over HTTP, each for a new host. Throws when anything but 200 comes back. */
  measure: (url: string, options: { connections: number; seconds: number }) => Promise<LoadResult>;
}

export interface LoadResult {
  perSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
}

/** wrk where it is on the machine, as light as pgbench on the other side; else autocannon. */
export async function openLoad(directory: string): Promise<Load> {
  // wrk says its version with exit code 1; only when it is missing is there no output.
  const version = await run('wrk', ['-v']).catch((error: unknown) => outputOf(error));
  const name = /^wrk \S+/.exec(typeof version === 'string' ? version : version.stdout)?.[0];
  return name === undefined ? autocannonLoad : await wrkLoad(name, directory);
}

function outputOf(error: unknown): string {
  return error instanceof Error && 'stdout' in error ? String(error.stdout) : '';
}

const WRK_SCRIPT = `
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
local run = tostring(os.time()) .. "-" .. tostring({})
local count = 0
request = function()
  count = count + 1
  local host = run .. "-" .. count
  return wrk.format(nil, nil, nil, '{"title":"Algebra I","hostDisplayName":"' .. host .. '"}')
end
`;

async function wrkLoad(by: string, directory: string): Promise<Load> {
  const script = path.join(directory, 'create-session.lua');
  await writeFile(script, WRK_SCRIPT);
  return {
    by,
    async measure(url, { connections, seconds }) {
      const { stdout } = await run('wrk', [
        '--threads=1',
        `--connections=${connections}`,
        `--duration=${seconds}s`,
        '--latency',
        `--script=${script}`,
        `${url}/trpc/sessions.create`,
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

const autocannonLoad: Load = {
  by: 'autocannon (wrk is not installed)',
  async measure(url, { connections, seconds }) {
    const result = await autocannon({
      url: `${url}/trpc/sessions.create`,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      // autocannon puts an id of its own in place of the mark.
      body: '{"title":"Algebra I","hostDisplayName":"[<id>]"}',
      idReplacement: true,
      connections,
      duration: seconds,
    });
    if (result.non2xx > 0 || result.errors > 0) {
      throw new Error(`${result.non2xx} calls were refused, ${result.errors} failed`);
    }
    return {
      perSecond: result['2xx'] / result.duration,
      p50: result.latency.p50,
      p99: result.latency.p99,
    };
  },
};
