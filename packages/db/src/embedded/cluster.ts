import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, chown, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Account, serverAccount } from './account.ts';
import { findPlace } from './place.ts';
import { findPrograms } from './programs.ts';

const execute = promisify(execFile);

export const CLUSTER_USER = 'classroom';

/** A PostgreSQL data directory of ours, and what it takes to run a server on it. */
export interface Cluster {
  /** PostgreSQL's data directory. */
  data: string;
  log: string;
  password: string;
  /** Runs one of PostgreSQL's programs as the server's user. */
  run: (program: string, args: readonly string[]) => Promise<void>;
}

/**
 * Finds the cluster below `dataDir`, or makes it. Any number of processes may do so at once: each
 * prepares one aside, and the first to move its own into place wins.
 *
 * @throws an AbortError when `signal` says so, once what runs has ended: half-way, initdb would leave
 *   a process of its own behind. Nothing half-made is left in place.
 */
export async function openCluster(dataDir: string, signal?: AbortSignal): Promise<Cluster> {
  const account = serverAccount();
  const programs = await findPrograms(account);
  const place = await findPlace(dataDir, account);
  const home = path.join(place, 'postgresql');
  const run = async (program: string, args: readonly string[]) => {
    await execute(path.join(programs, program), args, { ...account, cwd: place });
  };

  if (!(await exists(path.join(home, 'data', 'PG_VERSION')))) {
    const draft = await mkdtemp(path.join(place, 'draft-'));
    try {
      await initialize(draft, { account, run });
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
    log: path.join(home, 'postgresql.log'),
    password: await readFile(path.join(home, 'password'), 'utf8'),
    run,
  };
}

async function initialize(
  home: string,
  { account, run }: { account: Account | undefined; run: Cluster['run'] },
): Promise<void> {
  const passwordFile = path.join(home, 'password');
  await mkdir(path.join(home, 'data'), { mode: 0o700 });
  await writeFile(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
  if (account !== undefined) {
    for (const item of [home, path.join(home, 'data'), passwordFile]) {
      await chown(item, account.uid, account.gid);
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
