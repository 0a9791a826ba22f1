import { execFileSync, spawnSync } from 'node:child_process';

/** The operating system user that PostgreSQL runs as. */
export interface RunAsUser {
  uid: number;
  gid: number;
}

/**
 * PostgreSQL refuses to run as root, so root runs it as `postgres`, or as `nobody` where that user
 * does not exist.
 *
 * @returns undefined when it can run as the current user
 */
export function findRunAsUser(): RunAsUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return lookUp('postgres') ?? lookUp('nobody');
}

/** Whether the user can reach a path and enter or execute it. */
export function canReach(user: RunAsUser | undefined, path: string): boolean {
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
