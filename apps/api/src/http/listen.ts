import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { promisify } from 'node:util';
import type { FastifyInstance } from 'fastify';
import { StartupError, unavailable } from '../errors.ts';
import { toTRPCError } from '../trpc/errors.ts';
import { sendError } from './errors.ts';

/** Closes connections whose request is still incomplete after this time. */
const DRAIN_TIMEOUT_MS = 5_000;

/**
 * Once the process is stopping, every response closes its connection, so that the next call reaches
 * another process. Once the server closes, it completes the requests in flight, refuses new ones as
 * UNAVAILABLE, and closes connections that have sent none.
 */
export function registerDrain(app: FastifyInstance, stopping: AbortSignal): void {
  let draining = false;
  const silent = trackSilentSockets(app);
  app.addHook('preClose', async () => {
    draining = true;
    for (const socket of silent) socket.destroy();
    setTimeout(() => app.server.closeAllConnections(), DRAIN_TIMEOUT_MS).unref();
  });
  app.addHook('onRequest', (request, reply, done) => {
    if (!draining || request.url === '/livez') return done();
    sendError(toTRPCError(unavailable()), request, reply);
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (stopping.aborted || draining) reply.header('connection', 'close');
    done();
  });
}

/**
 * Tracks connections without a request, such as those that browsers open in advance. Node does not
 * count them as idle, so its server would wait for them when it closes.
 */
function trackSilentSockets({ server }: FastifyInstance): Set<Socket> {
  const silent = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  server.on('request', ({ socket }) => silent.delete(socket));
  return silent;
}

export interface Listening extends AsyncDisposable {
  /** `http://127.0.0.1:3000` */
  address: string;
}

/**
 * Node accepts one connection from each listening socket per turn of its event loop. Under load a turn
 * takes 10 ms or more, so that one socket accepts fewer than a hundred connections per second.
 */
const LISTENING_SOCKETS = 16;
/** The kernel limits it to net.core.somaxconn. */
const BACKLOG = 1_024;

/**
 * Listens on one port, with several sockets where the operating system can share a port
 * (SO_REUSEPORT). The app's own HTTP server serves their connections. Workers share the one socket of
 * their parent.
 *
 * @returns disposing closes the app and resolves when its connections have ended
 * @throws StartupError when the address or port cannot be used
 */
export async function listen(
  app: FastifyInstance,
  { host, port, isWorker = false }: { host: string; port: number; isWorker?: boolean },
): Promise<Listening> {
  const others: Server[] = [];
  const close = async () => {
    const closed = others.map((other) => promisify(other.close.bind(other))());
    await Promise.all([app.close(), ...closed]);
  };
  try {
    const address = await (process.platform === 'linux' && !isWorker
      ? listenShared(app, { host, port }, others)
      : app.listen({ host, port, backlog: BACKLOG }));
    return { address, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw toStartupError(error, host, port);
  }
}

async function listenShared(
  app: FastifyInstance,
  { host, port }: { host: string; port: number },
  others: Server[],
): Promise<string> {
  await ensureFree(host, port);
  const options = { host, port, backlog: BACKLOG, reusePort: true };
  const address = await app.listen(options);
  for (const bound of app.addresses()) {
    if (typeof bound === 'string') continue;
    for (let n = 1; n < LISTENING_SOCKETS; n += 1) {
      const other = createServer({ allowHalfOpen: true, noDelay: true }, (socket: Socket) => {
        // https://nodejs.org/api/http.html#event-connection
        app.server.emit('connection', socket);
      });
      await bind(other, { ...options, host: bound.address, port: bound.port });
      others.push(other);
    }
  }
  return address;
}

/**
 * Finds the port on which workers will listen.
 *
 * @returns a free port in place of 0
 * @throws StartupError when the address or port cannot be used
 */
export async function findPort(host: string, port: number): Promise<number> {
  try {
    return await ensureFree(host, port);
  } catch (error) {
    throw toStartupError(error, host, port);
  }
}

/** Binds without SO_REUSEPORT first: two servers would otherwise share a port unnoticed. */
async function ensureFree(host: string, port: number): Promise<number> {
  const probe = createServer();
  await bind(probe, { host, port });
  const bound = probe.address();
  await promisify(probe.close.bind(probe))();
  return typeof bound === 'object' && bound !== null ? bound.port : port;
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

function toStartupError(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return new StartupError(
        `PORT ${port}: already in use; stop the other server or set another port`,
      );
    case 'EACCES':
      return new StartupError(`PORT ${port}: permission denied; use a port above 1023`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new StartupError(
        `HOST ${host}: not an address of this machine; use 127.0.0.1 or 0.0.0.0`,
      );
    default:
      return error;
  }
}
