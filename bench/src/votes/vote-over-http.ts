import { Agent, request } from 'node:http';
import type { RoundOptions } from '../benchmark.ts';
import { type Ballot, nthVote } from './open-ballot.ts';

/** Votes over HTTP, on so many connections that stay open. @returns per second */
export async function voteOverHttp(
  url: string,
  ballot: Ballot,
  { connections, seconds }: RoundOptions,
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const end = performance.now() + seconds * 1_000;
  let count = 0;
  const vote = (n: number) =>
    new Promise<void>((resolve, reject) => {
      const { token, questionId, on } = nthVote(ballot, n);
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
      const call = request(`${url}/trpc/questions.vote`, { method: 'POST', agent, headers });
      call.on('error', reject);
      call.on('response', (response) => {
        response.resume();
        if (response.statusCode === 200) response.on('end', resolve);
        else reject(new Error(`A vote was refused with ${response.statusCode}`));
      });
      call.end(JSON.stringify({ questionId, on }));
    });
  const loop = async () => {
    while (performance.now() < end) {
      count += 1;
      await vote(count);
    }
  };
  await Promise.all(Array.from({ length: connections }, loop));
  agent.destroy();
  return count / seconds;
}
