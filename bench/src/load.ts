import autocannon from 'autocannon';

export interface Load {
  perSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
}

/**
 * Creates sessions over HTTP, each for a host of its own, and counts those that were created.
 *
 * @throws when anything but 200 came back
 */
export async function loadCreateSession(
  url: string,
  { connections, seconds }: { connections: number; seconds: number },
): Promise<Load> {
  const result = await autocannon({
    url: `${url}/trpc/sessions.create`,
    connections,
    duration: seconds,
    idReplacement: true,
    requests: [
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        // autocannon puts an id of its own in place of the mark, at less cost than a function.
        body: '{"title":"Algebra I","hostDisplayName":"[<id>]"}',
      },
    ],
  });
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${result.non2xx} calls were refused, ${result.errors} failed`);
  }
  return {
    perSecond: result['2xx'] / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
  };
}
