import { setTimeout as sleep } from 'node:timers/promises';

const CALLS_AFTERWARDS = 40;
const DRAIN_TIMEOUT_MS = 30_000;

export interface Recovery {
  /** Of forty calls sent at once after the load. */
  succeeded: number;
  calls: number;
  /** What the gauges still showed after thirty seconds, if not 0. */
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
