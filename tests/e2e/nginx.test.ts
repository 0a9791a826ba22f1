import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { times } from '../src/load.ts';
import { hasNginx, startNginx } from '../src/nginx.ts';
import { freePort, listenOnLoopback } from '../src/programs.ts';

/** Serves on loopback, and closes every connection in the end. */
async function serve(server: Server): Promise<AsyncDisposable & { url: string }> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return {
    url: `http://127.0.0.1:${await listenOnLoopback(server)}`,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

/** A server that records the method of each request, and answers 200. */
async function serveMethods() {
  const methods: string[] = [];
  const server = await serve(
    createHttpServer((request, response) => {
      methods.push(request.method ?? '');
      response.end();
    }),
  );
  return { ...server, methods };
}

/** A server that closes each connection when it receives a request. */
async function serveNothing() {
  let requests = 0;
  const server = await serve(
    createServer((socket) => {
      socket.once('data', () => {
        requests += 1;
        socket.destroy();
      });
    }),
  );
  return { ...server, requests: () => requests };
}

const statusOf = async (url: string, method: string) => {
  const response = await fetch(url, { method, ...(method === 'POST' && { body: '{}' }) });
  await response.arrayBuffer();
  return response.status;
};

describe.skipIf(!hasNginx)('nginx (skipped where it is not installed)', () => {
  test.each(['GET', 'POST'])('sends a %s that one process refuses to another', async (method) => {
    await using other = await serveMethods();
    const refusing = `http://127.0.0.1:${await freePort()}`;
    await using nginx = await startNginx([refusing, other.url]);
    expect(await statusOf(nginx.url, method)).toBe(200);
    expect(other.methods).toEqual([method]);
  });

  test('repeats a GET that one process does not answer with another, but no POST', async () => {
    for (const { method, status, methods } of [
      { method: 'GET', status: 200, methods: ['GET'] },
      { method: 'POST', status: 502, methods: [] },
    ]) {
      await using failing = await serveNothing();
      await using other = await serveMethods();
      await using nginx = await startNginx([failing.url, other.url]);
      expect(await statusOf(nginx.url, method)).toBe(status);
      expect(failing.requests()).toBe(1);
      expect(other.methods).toEqual(methods);
    }
  });

  test('limits the requests in progress per address, which is a /64 in IPv6', async () => {
    await using api = await serveMethods();
    await using nginx = await startNginx([api.url], {
      'limit_conn client 5000;': `limit_conn client 3;
        set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;`,
    });
    const statusFrom = async (address: string) => {
      const response = await fetch(nginx.url, { headers: { 'x-forwarded-for': address } });
      await response.arrayBuffer();
      return response.status;
    };
    using held = new DisposableStack();
    const hold = (address: string) => {
      const socket = connect(Number(new URL(nginx.url).port), '127.0.0.1');
      held.defer(() => socket.destroy());
      socket.write(
        `POST / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${address}\r\nContent-Length: 1\r\n\r\n`,
      );
    };
    for (const n of times(3)) {
      hold(`2001:db8:0:a::${n + 1}`);
      hold('192.0.2.1');
    }
    await expect.poll(() => statusFrom('2001:db8:0:a:ffff::')).toBe(429);
    await expect.poll(() => statusFrom('192.0.2.1')).toBe(429);
    expect(await statusFrom('2001:db8:0:b::1')).toBe(200);
    expect(await statusFrom('192.0.2.2')).toBe(200);
    held.dispose();
    await expect.poll(() => statusFrom('192.0.2.1')).toBe(200);
  });
});
