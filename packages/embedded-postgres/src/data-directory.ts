import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  realpath,
  rmdir,
  stat,
  symlink,
} from 'node:fs/promises';
import path from 'node:path';
import { canReach, type RunAsUser } from './run-as-user.ts';

/** For binaries and data that the run-as user could not reach in the checkout. */
const SHARED_DIRECTORY = '/var/lib/classroom';

export async function makeSharedDirectory(): Promise<string> {
  await makeDirectory(SHARED_DIRECTORY, 0o755);
  return SHARED_DIRECTORY;
}

/**
 * Makes `cluster` below `dataDir`, owned by the run-as user. Where that user cannot reach it, `cluster`
 * is a symbolic link into the shared directory.
 *
 * @returns the real path of `cluster`
 */
export async function prepareDataDirectory(
  dataDir: string,
  user: RunAsUser | undefined,
): Promise<string> {
  await makeDirectory(dataDir);
  const link = path.join(await realpath(dataDir), 'cluster');
  if (user !== undefined && !canReach(user, dataDir)) {
    // Add search permission only if `dataDir` holds nothing but the cluster, which stays private.
    const holdsOnlyCluster = (await readdir(dataDir)).every((name) => name === 'cluster');
    if (holdsOnlyCluster) await chmod(dataDir, (await stat(dataDir)).mode | 0o011);
    if (!canReach(user, dataDir)) await linkToSharedDirectory(link);
  }
  await makeDirectory(link, 0o700);
  const directory = await realpath(link);
  if (user !== undefined) await chown(directory, user.uid, user.gid);
  return directory;
}

async function linkToSharedDirectory(link: string): Promise<void> {
  const existing = await readlink(link).catch(() => undefined);
  if (existing !== undefined) {
    await makeDirectory(existing, 0o700);
    return;
  }
  const target = await mkdtemp(path.join(await makeSharedDirectory(), 'cluster-'));
  // If another process made the link first, use its target.
  await symlink(target, link).catch(() => rmdir(target));
}

/**
 * Makes a directory and its missing parents. Node's recursive mkdir never returns where the parent
 * exists and mkdir still fails with ENOENT, as in `/proc`.
 */
export async function makeDirectory(directory: string, mode?: number): Promise<void> {
  try {
    await mkdir(directory, { mode });
  } catch (error) {
    if (await isDirectory(directory)) return;
    const parent = path.dirname(directory);
    if (await isDirectory(parent)) throw error;
    await makeDirectory(parent);
    await makeDirectory(directory, mode);
  }
}

async function isDirectory(file: string): Promise<boolean> {
  return await stat(file).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
