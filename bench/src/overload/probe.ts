import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '../statistics.ts';

export interface ProbeResult {
  /** Milliseconds, failed probes included. */
  p99: number;
  count: number;
  /** Probes without a 200 within a second, the default timeout of Kubernetes. */
  failed: number;
}

const PROBE_EVERY_MS = 50;
const PROBE_TIMEOUT_MS = 1_000;

/** Probes a health route until `signal` aborts, each time on a new connection. */
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

const CALLS_AFTERWARDS = 40;
const DRAIN_TIMEOUT_MS = 30_000;

export interface Recovery {
  /** Calls that succeeded, of forty sent at once after the load. */
  succeeded: number;
  calls: number;
  /** The gauges that were not 0 after thirty seconds. */
  leftOver: string[];
}

/** Waits until nothing is in flight or queued, then sends forty calls at once. */
export async function measureRecovery(url: string): Promise<Recovery> {
  const until = performance.now() + DRAIN_TIMEOUT_MS;
  let leftOver = await gaugesAboveZero(url);
  while (leftOver.length > 0 && performance.now() < until) {
    await sleep(100);
    leftOver = await gaugesAboveZero(url);
  }
  const statuses = await Promise.all(Array.from({ length: CALLS_AFTERWARDS }, () => create(url)));
  const succeeded = statuses.filter((status) => status === 200).length;
  return { succeeded, calls: CALLS_AFTERWARDS, leftOver };
}

async function gaugesAboveZero(url: string): Promise<string[]> {
  const response = await fetch(`${url}/metrics`).catch(() => undefined);
  if (response?.status !== 200) return ['no metrics'];
  const gauges = (await response.text()).matchAll(
    /^classroom_(calls_in_flight|pool_waiting) (\d+)$/gm,
  );
  return [...gauges].filter(([, , value]) => value !== '0').map(([, name, n]) => `${name} ${n}`);
}

async function create(url: string): Promise<number | undefined> {
  const response = await fetch(`${url}/trpc/sessions.create`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ title: 'Algebra I', hostDisplayName: crypto.randomUUID() }),
  }).catch(() => undefined);
  await response?.text();
  return response?.status;
}
