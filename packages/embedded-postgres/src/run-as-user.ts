import { execFileSync, spawnSync } from 'node:child_process';

/** The operating system user that PostgreSQL runs as. */
export interface RunAsUser {
  uid: number;
  gid: number;
}

/**
 * Finds `postgres`, or else `nobody`, when the current user is root: PostgreSQL refuses to run as root.
 *
 * @returns undefined when PostgreSQL can run as the current user
 */
export function findRunAsUser(): RunAsUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return lookUp('postgres') ?? lookUp('nobody');
}

/** Returns whether the user may enter a directory, or execute a file. */
export function canReach(user: RunAsUser, path: string): boolean {
  return spawnSync('test', ['-x', path], { ...user, cwd: '/' }).status === 0;
}

function lookUp(name: string): RunAsUser | undefined {
  try {
    const id = (flag: string) =>
      Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }));
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}
