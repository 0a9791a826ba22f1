import { readFile } from 'node:fs/promises';
import path from 'node:path';

export interface PidFile {
  pid: number;
  /** Undefined until the server listens. */
  port: string | undefined;
}

/** Reads `postmaster.pid`, which a killed server leaves behind. */
export async function readPidFile(data: string): Promise<PidFile | undefined> {
  const text = await readFile(path.join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  // https://www.postgresql.org/docs/current/storage-file-layout.html
  const [pid, , , port] = text.split('\n');
  return pid ? { pid: Number(pid), port: port || undefined } : undefined;
}

export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: the process runs as another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
