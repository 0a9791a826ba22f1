import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { findBinaries } from './binaries.ts';
import { prepareDataDirectory } from './data-directory.ts';
import { isRunning } from './pid-file.ts';
import { findRunAsUser, type RunAsUser } from './run-as-user.ts';

const execute = promisify(execFile);

export const CLUSTER_USER = 'classroom';

/** A database cluster: PostgreSQL's data directory, its logs and its password. */
export interface Cluster {
  /** PostgreSQL's data directory. */
  data: string;
  /** Receives the server's output until it opens its log. */
  startLog: string;
  /** Holds one log file for each day of the week. */
  logDirectory: string;
  password: string;
  /** Runs one of PostgreSQL's binaries as the run-as user. */
  run: (binary: string, args: readonly string[]) => Promise<void>;
}

/**
 * Opens the cluster below `dataDir`, or initialises one. Concurrent processes each initialise a staging
 * directory, and the first to rename its own wins.
 *
 * @throws AbortError when `signal` aborts, once initdb has ended: a killed initdb would leave its
 *   children behind. No incomplete cluster is left.
 */
export async function openCluster(dataDir: string, signal?: AbortSignal): Promise<Cluster> {
  const user = findRunAsUser();
  const binaries = await findBinaries(user);
  const directory = await prepareDataDirectory(dataDir, user);
  const home = path.join(directory, 'postgresql');
  const data = path.join(home, 'data');
  const isInitialised = async () => {
    const version = await stat(path.join(data, 'PG_VERSION')).catch(() => undefined);
    return version !== undefined;
  };
  const run = async (binary: string, args: readonly string[]) => {
    await execute(path.join(binaries, binary), args, { ...user, cwd: directory });
  };

  await removeAbandonedStaging(directory);
  if (!(await isInitialised())) {
    const staging = await makeStagingDirectory(directory);
    try {
      await initialise(staging, { user, run });
      signal?.throwIfAborted();
      await rename(staging, home).catch(async (error: unknown) => {
        if (!(await isInitialised())) throw error;
      });
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  }
  return {
    data,
    startLog: path.join(home, 'postgresql.log'),
    logDirectory: path.join(data, 'log'),
    password: await readFile(path.join(home, 'password'), 'utf8'),
    run,
  };
}

async function initialise(
  home: string,
  { user, run }: { user: RunAsUser | undefined; run: Cluster['run'] },
): Promise<void> {
  const data = path.join(home, 'data');
  const passwordFile = path.join(home, 'password');
  await mkdir(data, { mode: 0o700 });
  await writeFile(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
  if (user !== undefined) {
    for (const item of [home, data, passwordFile]) await chown(item, user.uid, user.gid);
  }
  await run('initdb', [
    `--pgdata=${data}`,
    `--username=${CLUSTER_USER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--locale=C.UTF-8',
  ]);
}

/** Differs from an earlier process with the same id, as in a restarted container. */
const OWNER = `${process.pid}-${randomBytes(4).toString('hex')}`;

/** Release 0.1.0 used the prefix `draft-` and no owner. */
const STAGING = /^(?:draft|initdb-(?<owner>(?<pid>\d+)-[\da-f]{8}))-\w{6}$/;

/** Makes a temporary directory in which this process initialises a cluster. */
async function makeStagingDirectory(parent: string): Promise<string> {
  return await mkdtemp(path.join(parent, `initdb-${OWNER}-`));
}

/** Removes the staging directories of processes that were killed. */
async function removeAbandonedStaging(parent: string): Promise<void> {
  for (const name of (await readdir(parent)).filter(isAbandoned)) {
    // Retries: an initdb that outlived its parent may still write. A failure is harmless.
    const options = { recursive: true, force: true, maxRetries: 10 };
    await rm(path.join(parent, name), options).catch(() => {});
  }
}

function isAbandoned(name: string): boolean {
  const match = STAGING.exec(name);
  if (match === null) return false;
  const { owner, pid } = match.groups ?? {};
  if (pid === undefined) return true;
  return Number(pid) === process.pid ? owner !== OWNER : !isRunning(Number(pid));
}
