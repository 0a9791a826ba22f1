import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A way to a server that can be broken: half-open, as when a cable is cut, or refused. */
export interface TcpProxy extends AsyncDisposable {
  /** The URL of the server through the proxy. */
  url: string;
  /** How many connections it has taken. */
  taken: () => number;
  /** While true, connections stay open and nothing passes. */
  setHanging: (hanging: boolean) => void;
  /**
   * The next so many answers are lost on the way, each with its connection: wholly, or from that
   * share of them on.
   */
  loseAnswers: (count: number, from?: number) => void;
  /** How many are still to be lost. */
  toLose: () => number;
}

export async function startTcpProxy(serverUrl: string): Promise<TcpProxy> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let hanging = false;
  let toLose = 0;
  let lostFrom = 0;
  let taken = 0;
  const server = createServer((client) => {
    taken += 1;
    const upstream = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk: Buffer) => {
        if (from === upstream && toLose > 0) {
          toLose -= 1;
          to.write(chunk.subarray(0, chunk.length * lostFrom), () => to.destroy());
        } else if (!hanging) to.write(chunk);
      });
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        if (!hanging) to.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = new URL(target);
  url.port = String(address !== null && typeof address === 'object' ? address.port : '');
  return {
    url: url.href,
    taken: () => taken,
    setHanging: (value) => {
      hanging = value;
    },
    toLose: () => toLose,
    loseAnswers: (count, share = 0) => {
      toLose = count;
      lostFrom = share;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
