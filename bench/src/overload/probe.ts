import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '../statistics.ts';

export interface ProbeResult {
  /** Milliseconds, failed probes included. */
  p99: number;
  count: number;
  /** Probes without a 200 within a second, as an orchestrator counts them by default. */
  failed: number;
}

const PROBE_EVERY_MS = 50;
const PROBE_TIMEOUT_MS = 1_000;

/** Probes a health route until the signal, each time on a new connection. */
export async function probe(url: string, signal: AbortSignal): Promise<ProbeResult> {
  const latencies: number[] = [];
  let failed = 0;
  const probes: Promise<void>[] = [];
  const probeOnce = async () => {
    const startedAt = performance.now();
    if (!(await isHealthy(url))) failed += 1;
    latencies.push(performance.now() - startedAt);
  };
  while (!signal.aborted) {
    probes.push(probeOnce());
    await sleep(PROBE_EVERY_MS);
  }
  await Promise.all(probes);
  return {
    p99: quantile(
      latencies.toSorted((a, b) => a - b),
      0.99,
    ),
    count: latencies.length,
    failed,
  };
}

async function isHealthy(url: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    const request = get(url, { agent: false, signal }, (response) => {
      response.resume().on('error', () => resolve(false));
      response.on('end', () => resolve(response.statusCode === 200));
    });
    request.on('error', () => resolve(false));
  });
}
