import { once } from 'node:events';
import { createServer as createHTTPServer, request as send } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { listenOnLoopback } from './programs.ts';

/** A TCP proxy that can hang, as after a cable is cut, or lose responses. */
export interface TcpProxy extends AsyncDisposable {
  /** The URL of the server through the proxy. */
  url: string;
  /** Connects to another server from now on, which has the same login. */
  moveTo: (serverUrl: string) => void;
  /** The number of accepted connections. */
  accepted: () => number;
  /** While true, connections stay open and no byte passes. */
  setHanging: (hanging: boolean) => void;
  /** Ends all connections, for example those that have lost bytes. */
  cut: () => void;
  /**
   * Cuts the connection of the next responses.
   *
   * @param share of each response that still passes
   */
  loseResponses: (count: number, share?: number) => void;
  /** The number of responses still to be lost. */
  toLose: () => number;
}

export async function startTcpProxy(serverUrl: string): Promise<TcpProxy> {
  let target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let hanging = false;
  let toLose = 0;
  let passing = 0;
  let accepted = 0;
  const server = createServer((client) => {
    accepted += 1;
    const upstream = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk: Buffer) => {
        if (from === upstream && toLose > 0) {
          toLose -= 1;
          to.write(chunk.subarray(0, chunk.length * passing), () => to.destroy());
        } else if (!hanging) to.write(chunk);
      });
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        if (!hanging) to.destroy();
      });
    }
  });
  const url = new URL(target);
  url.port = String(await listenOnLoopback(server));
  return {
    url: url.href,
    moveTo: (other) => {
      target = new URL(other);
    },
    accepted: () => accepted,
    setHanging: (value) => {
      hanging = value;
    },
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    toLose: () => toLose,
    loseResponses: (count, share = 0) => {
      toLose = count;
      passing = share;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** An HTTP proxy that records the URL of each request, as access logs do. */
export interface RecordingProxy extends AsyncDisposable {
  url: string;
  urls: string[];
}

export async function startRecordingProxy(target: string): Promise<RecordingProxy> {
  const urls: string[] = [];
  const server = createHTTPServer((request, response) => {
    const { url = '/', method, headers } = request;
    urls.push(url);
    const upstream = send(new URL(url, target), { method, headers }, (received) => {
      response.writeHead(received.statusCode ?? 502, received.headers);
      received.pipe(response);
    });
    upstream.on('error', () => response.destroy());
    request.pipe(upstream);
  });
  return {
    url: `http://127.0.0.1:${await listenOnLoopback(server)}`,
    urls,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
