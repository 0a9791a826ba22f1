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
import { type Account, canReach } from './account.ts';
import { sharedHome } from './shared-home.ts';

/**
 * The directory of the cluster: `cluster` below `dataDir`, made when missing and owned by the
 * server's user. Where that user cannot reach it, `cluster` is a link to a place that it can.
 */
export async function findPlace(dataDir: string, account: Account | undefined): Promise<string> {
  await mkdir(dataDir, { recursive: true });
  const cluster = path.join(await realpath(dataDir), 'cluster');
  if (account !== undefined && !canReach(account, dataDir)) {
    // A directory with nothing else in it is ours to open for passage; the cluster stays closed.
    const isOurs = (await readdir(dataDir)).every((name) => name === 'cluster');
    if (isOurs) await chmod(dataDir, (await stat(dataDir)).mode | 0o011);
    if (!canReach(account, dataDir)) await linkElsewhere(cluster);
  }
  await mkdir(cluster, { recursive: true, mode: 0o700 });
  const place = await realpath(cluster);
  if (account !== undefined) await chown(place, account.uid, account.gid);
  return place;
}

async function linkElsewhere(cluster: string): Promise<void> {
  const existing = await readlink(cluster).catch(() => undefined);
  if (existing !== undefined) {
    await mkdir(existing, { recursive: true, mode: 0o700 });
    return;
  }
  const place = await mkdtemp(path.join(await sharedHome(), 'cluster-'));
  // Another process may have been faster; then its place serves.
  await symlink(place, cluster).catch(() => rmdir(place));
}
