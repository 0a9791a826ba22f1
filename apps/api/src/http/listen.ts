import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { promisify } from 'node:util';
import type { FastifyInstance } from 'fastify';

export interface Listening {
  /** `http://127.0.0.1:3000` */
  address: string;
  /** Closes the app, and resolves when its connections have ended. */
  close: () => Promise<void>;
}

/**
 * Node accepts one connection from each listening socket per turn of its event loop. Under load a turn
 * takes 10 ms or more, so that one socket lets in fewer than a hundred connections per second.
 */
const LISTENING_SOCKETS = 16;
/** Connections that wait for a turn; the kernel makes it at most net.core.somaxconn. */
const BACKLOG = 1_024;

/**
 * Listens on one port with several sockets, where the operating system can share a port (SO_REUSEPORT).
 * Their connections are served by the app's own HTTP server.
 *
 * @throws an error with the code EADDRINUSE, EACCES, EADDRNOTAVAIL or ENOTFOUND
 */
export async function listen(
  app: FastifyInstance,
  { host, port }: { host: string; port: number },
): Promise<Listening> {
  if (process.platform !== 'linux') {
    return { address: await app.listen({ host, port }), close: () => app.close() };
  }
  await ensureFree(host, port);
  const options = { host, port, backlog: BACKLOG, reusePort: true };
  const address = await app.listen(options);
  const others: Server[] = [];
  for (const bound of app.addresses()) {
    if (typeof bound === 'string') continue;
    for (let n = 1; n < LISTENING_SOCKETS; n += 1) {
      const other = createServer({ allowHalfOpen: true, noDelay: true }, (socket: Socket) => {
        // https://nodejs.org/api/http.html#event-connection
        app.server.emit('connection', socket);
      });
      others.push(other);
      await bind(other, { ...options, host: bound.address, port: bound.port });
    }
  }
  return {
    address,
    async close() {
      const closed = others.map((other) => promisify(other.close.bind(other))());
      await Promise.all([app.close(), ...closed]);
    },
  };
}

/** A port that another process shares could be bound as well, and would get half of its connections. */
async function ensureFree(host: string, port: number): Promise<void> {
  const probe = createServer();
  await bind(probe, { host, port });
  await promisify(probe.close.bind(probe))();
}

interface BindOptions {
  host: string;
  port: number;
  backlog?: number;
  reusePort?: boolean;
}

async function bind(server: Server, options: BindOptions): Promise<void> {
  server.listen(options);
  await once(server, 'listening');
}
