import { setTimeout as sleep } from 'node:timers/promises';
import { Client, DatabaseError } from 'pg';
import { CLUSTER_USER, type Cluster } from './cluster.ts';
import { LOG_SETTINGS, limitLogs } from './logs.ts';
import { isRunning, readPidFile } from './pid-file.ts';
import { choosePort } from './port.ts';

export interface ServerOptions {
  /** Settings of the server, as `name=value`. */
  settings: readonly string[];
  /** The port to start on; one is chosen when there is none. */
  port?: number;
}

/** Another process may take the port that was free a moment ago. */
const START_ATTEMPTS = 3;
const RETRY_AFTER_MS = 300;
const STOP_TIMEOUT_MS = 60_000;
const POLL_MS = 20;
const START_TIMEOUT_SECONDS = 60;
const CONNECT_TIMEOUT_MS = 2_000;

/** SQLSTATE of a server that starts, recovers or stops. */
const CANNOT_CONNECT_NOW = '57P03';

/**
 * Finds the server that runs on the cluster, or starts one. Tries again while PostgreSQL says that the
 * data directory is in use: by a server that starts, stops or was just killed.
 *
 * @returns its URL
 * @throws an Error that names the logs
 */
export async function ensureServer(
  cluster: Cluster,
  options: ServerOptions,
  signal?: AbortSignal,
): Promise<string> {
  const deadline = performance.now() + START_TIMEOUT_SECONDS * 1000;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await findOrStartServer(cluster, options, signal);
    } catch (cause) {
      signal?.throwIfAborted();
      const isInUse = (await readPidFile(cluster)) !== undefined && performance.now() < deadline;
      if (!isInUse && attempt >= START_ATTEMPTS) {
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
 * at once, PostgreSQL lets one through.
 *
 * @returns its URL, also after an abort: a server that has started is for the caller to stop
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
 * Ends connections, writes everything, and returns when the server has gone. `pg_ctl` would also wait
 * for a server that another process starts in its place.
 */
export async function stopServer(cluster: Cluster): Promise<void> {
  const pid = (await readPidFile(cluster))?.pid;
  if (pid === undefined) return;
  // Of a server that was killed, the pid file stays.
  const isThere = async () => isRunning(pid) && (await readPidFile(cluster))?.pid === pid;
  const options = [`--pgdata=${cluster.data}`, '--mode=fast', '--no-wait', '--silent'];
  await cluster.run('pg_ctl', ['stop', ...options]).catch(async (error: unknown) => {
    if (await isThere()) throw error;
  });
  const deadline = performance.now() + STOP_TIMEOUT_MS;
  while (performance.now() < deadline && (await isThere())) await sleep(POLL_MS);
}

/** Stops a server that starts or recovers, and so has no users yet. */
export async function stopStartingServer(cluster: Cluster): Promise<void> {
  const port = (await readPidFile(cluster))?.port;
  if (port === undefined) return;
  const isStarting = await connect(urlOf(cluster, port)).then(
    () => false,
    (error: unknown) => error instanceof DatabaseError && error.code === CANNOT_CONNECT_NOW,
  );
  if (isStarting) await stopServer(cluster).catch(() => {});
}

/** Asks by connecting: the server that wrote the pid file may have been killed. */
async function findServer(cluster: Cluster): Promise<string | undefined> {
  const port = (await readPidFile(cluster))?.port;
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
