import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { type Feed, monotonicMs } from './feed.ts';

const PROCESS = path.join(import.meta.dirname, 'baseline-server.ts');

/** Starts a bare `node:http` server that broadcasts the bytes of a vote's event, with a growing number of votes. */
export async function startBaseline(event: string, stack: AsyncDisposableStack): Promise<Feed> {
  const child = fork(PROCESS);
  const closed = once(child, 'close');
  stack.defer(async () => {
    child.kill('SIGTERM');
    await closed;
  });
  const [port]: unknown[] = await once(child, 'message');
  let votes = 1;
  return {
    url: `http://127.0.0.1:${Number(port)}/`,
    pid: child.pid ?? 0,
    async broadcast() {
      votes += 1;
      const sentAt = monotonicMs();
      child.send(event.replace(/"votes":\d+/, `"votes":${votes}`));
      const [startedAt]: unknown[] = await once(child, 'message');
      return { votes, sentAt, acknowledgedAt: Number(startedAt) };
    },
    databaseReads: async () => 0,
  };
}
