import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { findBinaries } from './binaries.ts';
import { prepareDataDirectory } from './data-directory.ts';
import { makeDraft, removeAbandonedDrafts } from './drafts.ts';
import { type RunAsUser, findRunAsUser } from './run-as-user.ts';

const execute = promisify(execFile);

export const CLUSTER_USER = 'classroom';

/** A PostgreSQL data directory of ours, and what it takes to run a server on it. */
export interface Cluster {
  /** PostgreSQL's data directory. */
  data: string;
  /** What the server prints before it opens its log. */
  startLog: string;
  /** Holds the server's log, one file for each day of the week. */
  logDirectory: string;
  password: string;
  /** Runs one of PostgreSQL's binaries as the run-as user. */
  run: (binary: string, args: readonly string[]) => Promise<void>;
}

/**
 * Finds the cluster below `dataDir`, or makes it. Any number of processes may do so at once: each
 * prepares a draft, and the first to move its own into place wins.
 *
 * @throws an AbortError when `signal` says so, once what runs has ended: half-way, initdb would leave
 *   a process of its own behind. Nothing half-made is left in place.
 */
export async function openCluster(dataDir: string, signal?: AbortSignal): Promise<Cluster> {
  const user = findRunAsUser();
  const binaries = await findBinaries(user);
  const place = await prepareDataDirectory(dataDir, user);
  const home = path.join(place, 'postgresql');
  const run = async (binary: string, args: readonly string[]) => {
    await execute(path.join(binaries, binary), args, { ...user, cwd: place });
  };

  await removeAbandonedDrafts(place);
  if (!(await exists(path.join(home, 'data', 'PG_VERSION')))) {
    const draft = await makeDraft(place);
    try {
      await initialize(draft, { user, run });
      signal?.throwIfAborted();
      await rename(draft, home).catch(async (error: unknown) => {
        if (!(await exists(path.join(home, 'data', 'PG_VERSION')))) throw error;
      });
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  }
  return {
    data: path.join(home, 'data'),
    startLog: path.join(home, 'postgresql.log'),
    logDirectory: path.join(home, 'data', 'log'),
    password: await readFile(path.join(home, 'password'), 'utf8'),
    run,
  };
}

async function initialize(
  home: string,
  { user, run }: { user: RunAsUser | undefined; run: Cluster['run'] },
): Promise<void> {
  const passwordFile = path.join(home, 'password');
  await mkdir(path.join(home, 'data'), { mode: 0o700 });
  await writeFile(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
  if (user !== undefined) {
    for (const item of [home, path.join(home, 'data'), passwordFile]) {
      await chown(item, user.uid, user.gid);
    }
  }
  await run('initdb', [
    `--pgdata=${path.join(home, 'data')}`,
    `--username=${CLUSTER_USER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--locale=C.UTF-8',
  ]);
}

async function exists(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  );
}
