import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from './feed.ts';

export interface ListenersOptions {
  url: string;
  /** One token for each listener. */
  tokens: string[];
}

/** When a listener received the event with that number of votes. */
export type Arrival = [votes: number, at: number];

/**
 * A process with listeners on raw sockets, which take less CPU time than `node:http` clients. It sends
 * `ready` when every listener has its snapshot, and sends arrivals when no more events arrive.
 */
const OPENING_AT_ONCE = 100;
const RETRY_AFTER_MS = 250;
const QUIET_MS = 100;
const VOTES = '"votes":';

const arrivals: Arrival[] = [];
// All sockets share it: each read is processed before the next.
const buffer = Buffer.alloc(64 * 1024);

process.once('disconnect', () => process.exit());
process.once(
  'message',
  ({ url, tokens }: ListenersOptions) => void listenAll(new URL(url), tokens),
);

async function listenAll(url: URL, tokens: string[]): Promise<void> {
  const opener = async () => {
    for (let token = tokens.pop(); token !== undefined; token = tokens.pop()) {
      while (!(await listen(url, token))) await sleep(RETRY_AFTER_MS);
    }
  };
  await Promise.all(Array.from({ length: OPENING_AT_ONCE }, opener));
  process.send?.('ready');
  let reported = 0;
  setInterval(() => {
    // Reporting while events arrive would delay them.
    if (arrivals.length === reported && reported > 0) process.send?.(arrivals.splice(0));
    reported = arrivals.length;
  }, QUIET_MS);
}

/** @returns false when the stream was refused or closed */
async function listen(url: URL, token: string): Promise<boolean> {
  return await new Promise((resolve) => {
    let isReady = false;
    let lastVotes = -1;
    const read = (length: number): boolean => {
      if (isReady) {
        const votes = votesIn(length);
        if (votes !== undefined && votes !== lastVotes) {
          lastVotes = votes;
          arrivals.push([votes, monotonicMs()]);
        }
      } else {
        const text = buffer.toString('latin1', 0, length);
        isReady = text.includes('snapshot');
        if (isReady) resolve(true);
        else if (text.startsWith('HTTP/1.1 ') && !text.startsWith('HTTP/1.1 200')) socket.destroy();
      }
      return true;
    };
    const socket: Socket = connect({
      host: url.hostname,
      port: Number(url.port),
      onread: { buffer, callback: read },
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(false));
    socket.write(
      `GET ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n` +
        `accept: text/event-stream\r\nauthorization: Bearer ${token}\r\n\r\n`,
    );
  });
}

function votesIn(length: number): number | undefined {
  const found = buffer.subarray(0, length).lastIndexOf(VOTES);
  if (found === -1) return undefined;
  const start = found + VOTES.length;
  return Number.parseInt(buffer.toString('latin1', start, Math.min(start + 8, length)), 10);
}
