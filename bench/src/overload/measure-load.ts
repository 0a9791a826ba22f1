import { fork } from 'node:child_process';
import path from 'node:path';
import type { Behaviour } from './clients.ts';
import { probe, type ProbeResult } from './probe.ts';
import type { LoadResult } from './tally.ts';

const PROCESS = path.join(import.meta.dirname, 'load-process.ts');

/** Puts a load on the API from another process. */
export async function measureLoad(url: string, behaviour: Behaviour): Promise<LoadResult> {
  // Latencies can be NaN, which JSON does not support.
  const child = fork(PROCESS, { execArgv: [], serialization: 'advanced' });
  return await new Promise((resolve, reject) => {
    child.once('message', (result: LoadResult) => resolve(result));
    child.once('exit', (code) => reject(new Error(`The load process ended with ${code}`)));
    child.send({ port: Number(new URL(url).port), behaviour });
  });
}

/** Puts a load on the API while both health routes are probed. */
export async function measureWithProbes(
  url: string,
  behaviour: Behaviour,
): Promise<{ load: LoadResult; livez: ProbeResult; readyz: ProbeResult }> {
  const stop = new AbortController();
  const probes = Promise.all([
    probe(`${url}/livez`, stop.signal),
    probe(`${url}/readyz`, stop.signal),
  ]);
  const load = await measureLoad(url, behaviour).finally(() => stop.abort());
  const [livez, readyz] = await probes;
  return { load, livez, readyz };
}
