import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Cluster } from './cluster.ts';

export interface PidFile {
  pid: number;
  /** Undefined until the server listens. */
  port: string | undefined;
}

/** What PostgreSQL says of its server; it may have been killed since. */
export async function readPidFile(cluster: Cluster): Promise<PidFile | undefined> {
  const text = await readFile(path.join(cluster.data, 'postmaster.pid'), 'utf8').catch(() => '');
  // https://www.postgresql.org/docs/current/storage-file-layout.html
  const [pid, , , port] = text.split('\n');
  return pid ? { pid: Number(pid), port: port || undefined } : undefined;
}
