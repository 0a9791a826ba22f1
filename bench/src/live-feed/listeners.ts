import { request } from 'node:http';

/**
 * A process of its own full of listeners, so that they take no time from who measures. It is told
 * where to listen and how many by its arguments, says `ready` when all have heard something, and
 * `[votes, arrival]` in milliseconds since 1970 for each time that one hears of a vote.
 */
const [url = '', token = '', count = '0'] = process.argv.slice(2);
let ready = 0;
let arrivals: [votes: number, at: number][] = [];

const now = () => performance.timeOrigin + performance.now();

for (let n = 0; n < Number(count); n += 1) {
  listen();
  // As fast as a class comes in, and no faster than a backlog of connections takes.
  if (n % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 20));
}
setInterval(() => {
  if (arrivals.length === 0) return;
  process.send?.(arrivals);
  arrivals = [];
}, 50);

function listen(): void {
  const call = request(url, {
    agent: false,
    headers: { accept: 'text/event-stream', authorization: `Bearer ${token}` },
  });
  call.on('error', (error) => {
    console.error(error.message);
    process.exit(1);
  });
  call.on('response', (response) => {
    if (response.statusCode !== 200) {
      console.error(`A listener was refused with ${response.statusCode}`);
      process.exit(1);
    }
    let isReady = false;
    response.setEncoding('utf8').on('data', (chunk: string) => {
      if (!isReady && chunk.includes('snapshot')) {
        isReady = true;
        ready += 1;
        if (ready === Number(count)) process.send?.('ready');
      }
      const votes = /"type":"question".+"votes":(\d+)/.exec(chunk)?.[1];
      if (votes !== undefined) arrivals.push([Number(votes), now()]);
    });
  });
  call.end();
}
