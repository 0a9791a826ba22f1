import autocannon from 'autocannon';
import { drawAtRandom } from '../draw.ts';
import type { Load } from './load.ts';

export const autocannonLoad: Load = {
  by: 'autocannon (wrk is not installed)',
  async measure(url, round, { connections, seconds }) {
    const result = await autocannon({
      url,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      requests: [
        {
          setupRequest: (request) => ({
            ...request,
            body: JSON.stringify(round.input(drawAtRandom)),
          }),
        },
      ],
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
