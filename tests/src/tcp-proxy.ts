import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A way to the database that can be broken: half-open, as when a cable is cut, or refused. */
export interface TcpProxy extends AsyncDisposable {
  /** The URL of the database through the proxy. */
  url: string;
  /** Where new connections lead from now on. */
  setTarget: (databaseUrl: string) => void;
  /** While true, connections stay open and nothing passes. */
  setHanging: (hanging: boolean) => void;
}

export async function startTcpProxy(databaseUrl: string): Promise<TcpProxy> {
  let target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let hanging = false;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => {
        if (!hanging) to.write(chunk);
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
    setTarget: (value) => {
      target = new URL(value);
    },
    setHanging: (value) => {
      hanging = value;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
