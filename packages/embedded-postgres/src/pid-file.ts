import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Cluster } from './cluster.ts';

export interface PidFile {
  pid: number;
  /** Undefined until the server listens. */
  port: string | undefined;
}

/** Reads what PostgreSQL wrote about its server, which may have been killed since. */
export async function readPidFile(cluster: Cluster): Promise<PidFile | undefined> {
  const text = await readFile(path.join(cluster.data, 'postmaster.pid'), 'utf8').catch(() => '');
  // https://www.postgresql.org/docs/current/storage-file-layout.html
  const [pid, , , port] = text.split('\n');
  return pid ? { pid: Number(pid), port: port || undefined } : undefined;
}

/** Returns whether a process with this id exists. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, as another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
