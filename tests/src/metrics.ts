/** Reads one sample by its full name, labels included; NaN when it is absent. */
export type Metrics = (sample: string) => number;

/** Reads `/metrics` once, over its own connection. */
export async function scrape(url: string): Promise<Metrics> {
  const response = await fetch(`${url}/metrics`, { headers: { connection: 'close' } });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`/metrics returned ${response.status}:\n${text}`);
  const samples = new Map(
    [...text.matchAll(/^(\w+(?:\{[^}]*\})?) (\S+)$/gm)].map(([, name, value]) => [
      name,
      Number(value),
    ]),
  );
  return (sample) => samples.get(sample) ?? NaN;
}

export const CALLS_IN_FLIGHT = 'classroom_calls_in_flight';
export const HTTP_CONNECTIONS = 'classroom_http_connections';
export const LIVE_LISTENERS = 'classroom_live_listeners';
export const POOL_BUSY = 'classroom_pool_connections{state="busy"}';
export const POOL_WAITING = 'classroom_pool_waiting';
export const SHED_REQUESTS = 'classroom_http_requests_total{route="shed",status="503"}';
export const RESIDENT_BYTES = 'process_resident_memory_bytes';

export interface MetricsWatch extends AsyncDisposable {
  /** The highest value of each watched sample so far. */
  highest: Metrics;
}

/** Scrapes every 50 ms until it is disposed. */
export function watchMetrics(url: string, samples: readonly string[]): MetricsWatch {
  const stop = new AbortController();
  const highest = new Map<string, number>();
  const watching = (async () => {
    while (!stop.signal.aborted) {
      const metrics = await scrape(url);
      for (const sample of samples) {
        highest.set(sample, Math.max(highest.get(sample) ?? -Infinity, metrics(sample)));
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  // Disposing reports the error.
  watching.catch(() => {});
  return {
    highest: (sample) => highest.get(sample) ?? NaN,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await watching;
    },
  };
}
