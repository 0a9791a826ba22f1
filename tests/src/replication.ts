import { execFile } from 'node:child_process';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { createDatabase } from '@classroom/db';
import { countStandbys } from '@classroom/db/testing/inspection';
import { type Cluster, openCluster } from '@classroom/embedded-postgres/cluster';
import { expect } from 'vitest';
import { isRunning, serverPid, temporaryDirectory } from './embedded-server.ts';
import { freePort } from './programs.ts';

const run = promisify(execFile);

/** A PostgreSQL server that nothing restarts. */
export interface ReplicatedServer {
  /** `127.0.0.1:port` */
  host: string;
  url: string;
  start: () => Promise<void>;
  /** Stops the server as an administrator does in a hurry, without a checkpoint. */
  stop: () => Promise<void>;
  /** Kills all processes of the server. */
  kill: () => Promise<void>;
  /** Makes a standby the primary. */
  promote: () => Promise<void>;
}

export interface Replication extends AsyncDisposable {
  primary: ReplicatedServer;
  standbys: readonly ReplicatedServer[];
  /** Waits until all standbys receive from the primary. */
  expectStreaming: () => Promise<void>;
}

export interface ReplicationOptions {
  /** The names of the standbys. */
  standbys: readonly string[];
  /** `synchronous_standby_names` of the primary; empty for asynchronous replication. */
  synchronous: string;
}

/** Starts a primary and its standbys, and waits until the standbys stream. */
export async function startReplication(options: ReplicationOptions): Promise<Replication> {
  const dataDir = await temporaryDirectory();
  const cluster = await openCluster(dataDir);
  const port = await freePort();
  const standbys = await Promise.all(
    options.standbys.map(async (name) => {
      const copy = await temporaryDirectory();
      await copyCluster(cluster, copy, `port=${port} application_name=${name}`);
      return serverOn(copy, await openCluster(copy), await freePort(), '');
    }),
  );
  const primary = serverOn(dataDir, cluster, port, options.synchronous);
  const servers = [primary, ...standbys];
  await Promise.all(servers.map(({ start }) => start()));
  const expectStreaming = async () => {
    await using db = createDatabase(primary.url, { max: 1 });
    await expect.poll(() => countStandbys(db)).toBe(standbys.length);
  };
  await expectStreaming();
  return {
    primary,
    standbys,
    expectStreaming,
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map(({ kill }) => kill()));
    },
  };
}

/** A new cluster has not been started, so a copy of its files is consistent. */
async function copyCluster(cluster: Cluster, dataDir: string, source: string): Promise<void> {
  const home = path.dirname(cluster.data);
  const copy = path.join(dataDir, 'cluster/postgresql');
  await mkdir(path.dirname(copy), { mode: 0o700 });
  // Keeps the owner, which fs.cp does not.
  await run('cp', ['-a', home, copy]);
  const data = path.join(copy, 'data');
  await writeFile(path.join(data, 'standby.signal'), '');
  const login = `host=127.0.0.1 user=classroom password=${cluster.password}`;
  const setting = `primary_conninfo = '${login} ${source}'\n`;
  await appendFile(path.join(data, 'postgresql.auto.conf'), setting);
}

function serverOn(
  dataDir: string,
  cluster: Cluster,
  port: number,
  synchronous: string,
): ReplicatedServer {
  const control = (command: string, ...options: string[]) =>
    cluster.run('pg_ctl', [command, `--pgdata=${cluster.data}`, '--silent', '--wait', ...options]);
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'wal_keep_size=512MB',
    'wal_retrieve_retry_interval=500ms',
    `synchronous_standby_names=${synchronous}`,
  ].map((setting) => `-c "${setting}"`);
  const host = `127.0.0.1:${port}`;
  return {
    host,
    url: `postgres://classroom:${cluster.password}@${host}/postgres`,
    start: () => control('start', `--log=${cluster.startLog}`, `--options=${settings.join(' ')}`),
    stop: () => control('stop', '--mode=immediate'),
    promote: () => control('promote'),
    async kill() {
      const pid = await serverPid(dataDir).catch(() => undefined);
      if (pid === undefined || !isRunning(pid)) return;
      const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', String(pid)]);
      const children = stdout.trim().split(/\s+/).map(Number);
      for (const member of [pid, ...children].filter(isRunning)) process.kill(member, 'SIGKILL');
      await expect.poll(() => isRunning(pid)).toBe(false);
    },
  };
}
