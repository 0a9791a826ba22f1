import {
  chmod,
  chown,
  mkdtemp,
  readdir,
  readlink,
  realpath,
  rmdir,
  stat,
  symlink,
} from 'node:fs/promises';
import path from 'node:path';
import { makeDirectory } from './make-directory.ts';
import { type RunAsUser, canReach } from './run-as-user.ts';
import { sharedHome } from './shared-home.ts';

/**
 * Makes `cluster` below `dataDir`, owned by the run-as user. Where that user cannot reach it, `cluster`
 * is a symbolic link to a directory that it can reach.
 *
 * @returns the real path of `cluster`
 */
export async function prepareDataDirectory(
  dataDir: string,
  user: RunAsUser | undefined,
): Promise<string> {
  await makeDirectory(dataDir);
  const cluster = path.join(await realpath(dataDir), 'cluster');
  if (user !== undefined && !canReach(user, dataDir)) {
    // A directory that holds nothing else may be opened for passage; the cluster stays closed.
    const holdsNothingElse = (await readdir(dataDir)).every((name) => name === 'cluster');
    if (holdsNothingElse) await chmod(dataDir, (await stat(dataDir)).mode | 0o011);
    if (!canReach(user, dataDir)) await linkElsewhere(cluster);
  }
  await makeDirectory(cluster, 0o700);
  const place = await realpath(cluster);
  if (user !== undefined) await chown(place, user.uid, user.gid);
  return place;
}

async function linkElsewhere(cluster: string): Promise<void> {
  const existing = await readlink(cluster).catch(() => undefined);
  if (existing !== undefined) {
    await makeDirectory(existing, 0o700);
    return;
  }
  const place = await mkdtemp(path.join(await sharedHome(), 'cluster-'));
  // Another process may have made the link first; then its target is used.
  await symlink(place, cluster).catch(() => rmdir(place));
}
