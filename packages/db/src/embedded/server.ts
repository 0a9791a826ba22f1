import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { CLUSTER_USER, type Cluster } from './cluster.ts';

/** Another process may take the port that was free a moment ago. */
const START_ATTEMPTS = 3;
const RETRY_AFTER_MS = 300;
const STOP_TIMEOUT_MS = 60_000;
const POLL_MS = 20;
const START_TIMEOUT_SECONDS = 60;

/** In `postmaster.pid`, the port stands on the fourth line. */
const PID_FILE_PORT_LINE = 3;

/**
 * The URL of the server that runs on the cluster, started when there is none. When two processes
 * start it at once, PostgreSQL lets one through, and the other finds that one's server.
 *
 * @param settings of the server, as `name=value`
 */
export async function ensureServer(
  cluster: Cluster,
  settings: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  const deadline = performance.now() + START_TIMEOUT_SECONDS * 1000;
  for (let attempt = 1; ; attempt += 1) {
    const running = await findServer(cluster);
    if (running !== undefined) return running;
    // Here and not above: a server that was started is returned, for the caller to stop.
    signal?.throwIfAborted();
    try {
      await start(cluster, settings);
    } catch (cause) {
      // A server that is starting, stopping or just killed holds the directory for a while yet.
      const isHeld = (await readPidFile(cluster)) !== '' && performance.now() < deadline;
      if (!isHeld && attempt >= START_ATTEMPTS) {
        const message = `the embedded PostgreSQL does not start; its log is ${cluster.log}`;
        throw new Error(message, { cause });
      }
      await sleep(RETRY_AFTER_MS, undefined, { signal });
    }
  }
}

/**
 * Ends connections, writes everything, and returns when the server has gone. `pg_ctl` would wait for
 * one that another process starts in its place, too.
 */
export async function stopServer(cluster: Cluster): Promise<void> {
  const [pid] = (await readPidFile(cluster)).split('\n');
  await cluster.run('pg_ctl', [
    'stop',
    `--pgdata=${cluster.data}`,
    '--mode=fast',
    '--no-wait',
    '--silent',
  ]);
  const isThere = async () => (await readPidFile(cluster)).split('\n')[0] === pid;
  const deadline = performance.now() + STOP_TIMEOUT_MS;
  while (performance.now() < deadline && (await isThere())) await sleep(POLL_MS);
}

/** Asks by connecting: what the pid file says may be of a server that was killed. */
async function findServer(cluster: Cluster): Promise<string | undefined> {
  const port = (await readPidFile(cluster)).split('\n')[PID_FILE_PORT_LINE];
  if (port === undefined || port === '') return undefined;
  const url = `postgres://${CLUSTER_USER}:${cluster.password}@127.0.0.1:${port}/postgres`;
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  try {
    await client.connect();
    return url;
  } catch {
    return undefined;
  } finally {
    await client.end().catch(() => {});
  }
}

async function readPidFile(cluster: Cluster): Promise<string> {
  return await readFile(path.join(cluster.data, 'postmaster.pid'), 'utf8').catch(() => '');
}

async function start(cluster: Cluster, settings: readonly string[]): Promise<void> {
  const options = [
    `port=${await freePort()}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    // Terse leaves out the details, which hold the values of rows.
    'log_error_verbosity=terse',
    ...settings,
  ];
  await cluster.run('pg_ctl', [
    'start',
    `--pgdata=${cluster.data}`,
    `--log=${cluster.log}`,
    '--wait',
    `--timeout=${START_TIMEOUT_SECONDS}`,
    '--silent',
    `--options=${options.map((option) => `-c ${option}`).join(' ')}`,
  ]);
}

async function freePort(): Promise<number> {
  const probe = createServer();
  return await new Promise((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address !== null && typeof address === 'object'
          ? resolve(address.port)
          : reject(new Error('no free port')),
      );
    });
  });
}
