import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, DatabaseError } from 'pg';
import { CLUSTER_USER, type Cluster } from './cluster.ts';
import { LOG_SETTINGS, limitLogs } from './logs.ts';
import { isRunning, readPidFile } from './pid-file.ts';

export interface ServerOptions {
  /** Server settings, as `name=value`. */
  settings: readonly string[];
  /** The port to start on; by default that of the last start, or else any free port. */
  port?: number;
}

/** Another process may take the free port before the server listens on it. */
const START_ATTEMPTS = 3;
const RETRY_AFTER_MS = 300;
const STOP_TIMEOUT_MS = 60_000;
const POLL_MS = 20;
const START_TIMEOUT_SECONDS = 60;
const CONNECT_TIMEOUT_MS = 2_000;

/** The SQLSTATE `cannot_connect_now`: the server starts, recovers or stops. */
const CANNOT_CONNECT_NOW = '57P03';

/**
 * Finds the server that runs on the cluster, or starts one. Retries while `postmaster.pid` exists, which
 * means that a server is starting or stopping, or was killed.
 *
 * @returns its URL
 * @throws an Error that names the log files
 */
export async function ensureServer(
  cluster: Cluster,
  options: ServerOptions,
  signal?: AbortSignal,
): Promise<string> {
  const deadline = performance.now() + START_TIMEOUT_SECONDS * 1000;
  const isInUse = async () => (await readPidFile(cluster.data)) !== undefined;
  for (let failures = 0; ;) {
    // Also before the attempt: the server that makes it fail may have ended when it returns.
    const wasInUse = await isInUse();
    try {
      return await findOrStartServer(cluster, options, signal);
    } catch (cause) {
      signal?.throwIfAborted();
      const mayEnd = (wasInUse || (await isInUse())) && performance.now() < deadline;
      if (!mayEnd) failures += 1;
      if (failures >= START_ATTEMPTS) {
        const { startLog, logDirectory } = cluster;
        const message = `the embedded PostgreSQL does not start; see ${startLog} and ${logDirectory}`;
        throw new Error(message, { cause });
      }
      await sleep(RETRY_AFTER_MS, undefined, { signal });
    }
  }
}

/**
 * Finds the server that runs on the cluster, or tries once to start one. When two processes start it
 * concurrently, PostgreSQL refuses all but one.
 *
 * @returns its URL, also after an abort: the caller has to stop a server that has started
 */
export async function findOrStartServer(
  cluster: Cluster,
  options: ServerOptions,
  signal?: AbortSignal,
): Promise<string> {
  const running = await findServer(cluster);
  if (running !== undefined) return running;
  signal?.throwIfAborted();
  const port = options.port ?? (await choosePort(cluster));
  const stopStarting = () => void stopStartingServer(cluster);
  signal?.addEventListener('abort', stopStarting);
  try {
    await start(cluster, [`port=${port}`, ...options.settings]);
  } finally {
    signal?.removeEventListener('abort', stopStarting);
  }
  return urlOf(cluster, port);
}

/**
 * Stops the server in fast mode and waits until its process has ended. `pg_ctl --wait` would also wait
 * for the next server that another process starts.
 */
export async function stopServer(cluster: Cluster): Promise<void> {
  const pid = (await readPidFile(cluster.data))?.pid;
  if (pid === undefined) return;
  // A killed server leaves its pid file behind.
  const isAlive = async () => isRunning(pid) && (await readPidFile(cluster.data))?.pid === pid;
  const options = [`--pgdata=${cluster.data}`, '--mode=fast', '--no-wait', '--silent'];
  await cluster.run('pg_ctl', ['stop', ...options]).catch(async (error: unknown) => {
    if (await isAlive()) throw error;
  });
  const deadline = performance.now() + STOP_TIMEOUT_MS;
  while (performance.now() < deadline && (await isAlive())) await sleep(POLL_MS);
}

/** Stops a server that is starting or recovering, which therefore has no connections. */
export async function stopStartingServer(cluster: Cluster): Promise<void> {
  const port = (await readPidFile(cluster.data))?.port;
  if (port === undefined) return;
  const isStarting = await connect(urlOf(cluster, port)).then(
    () => false,
    (error: unknown) => error instanceof DatabaseError && error.code === CANNOT_CONNECT_NOW,
  );
  if (isStarting) await stopServer(cluster).catch(() => {});
}

/** Connects, because a killed server leaves its pid file behind. */
async function findServer(cluster: Cluster): Promise<string | undefined> {
  const port = (await readPidFile(cluster.data))?.port;
  if (port === undefined) return undefined;
  const url = urlOf(cluster, port);
  return await connect(url).then(
    () => url,
    () => undefined,
  );
}

async function connect(url: string): Promise<void> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  client.on('error', () => {});
  try {
    await client.connect();
  } finally {
    await client.end().catch(() => {});
  }
}

function urlOf(cluster: Cluster, port: number | string): string {
  return `postgres://${CLUSTER_USER}:${cluster.password}@127.0.0.1:${port}/postgres`;
}

async function start(cluster: Cluster, settings: readonly string[]): Promise<void> {
  await limitLogs(cluster);
  const options = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    ...LOG_SETTINGS,
    ...settings,
  ];
  await cluster.run('pg_ctl', [
    'start',
    `--pgdata=${cluster.data}`,
    `--log=${cluster.startLog}`,
    '--wait',
    `--timeout=${START_TIMEOUT_SECONDS}`,
    '--silent',
    `--options=${options.map((option) => `-c ${option}`).join(' ')}`,
  ]);
}

/** Prefers the port of the last start: other processes may wait for the server there. */
async function choosePort(cluster: Cluster): Promise<number> {
  // PostgreSQL keeps the command line of its last start in this file.
  const file = path.join(cluster.data, 'postmaster.opts');
  const options = await readFile(file, 'utf8').catch(() => '');
  const last = Number(/\bport=(\d+)/.exec(options)?.[1] ?? 0);
  return await findFreePort(last).catch(() => findFreePort(0));
}

async function findFreePort(port: number): Promise<number> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
