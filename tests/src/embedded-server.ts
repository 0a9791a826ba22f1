import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { createDatabase } from '@classroom/db';

const run = promisify(execFile);

function pidFile(dataDir: string): string {
  return path.join(dataDir, 'cluster/postgresql/data/postmaster.pid');
}

async function readPidFile(dataDir: string): Promise<string[]> {
  return (await readFile(pidFile(dataDir), 'utf8')).split('\n');
}

export async function serverPid(dataDir: string): Promise<number> {
  return Number((await readPidFile(dataDir))[0]);
}

export async function killServer(dataDir: string): Promise<void> {
  process.kill(await serverPid(dataDir), 'SIGKILL');
}

export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The URL of the server that an API runs in its `DATA_DIR`. */
export async function embeddedUrl(dataDir: string): Promise<string> {
  const password = await readFile(path.join(dataDir, 'cluster/postgresql/password'), 'utf8');
  const port = (await readPidFile(dataDir))[3];
  return `postgres://classroom:${password}@127.0.0.1:${port}/postgres`;
}

/** The join codes of all sessions, in order. */
export async function storedCodes(url: string): Promise<string[]> {
  await using db = createDatabase(url);
  const rows = await db.selectFrom('sessions').select('code').execute();
  return rows.map(({ code }) => code).toSorted();
}

/** For how long the server has been ready; it writes the pid file last when it is. */
export async function uptimeMs(dataDir: string): Promise<number> {
  return Date.now() - (await stat(pidFile(dataDir))).mtimeMs;
}

/** The processes that name a directory in their command line. */
export async function processesOf(directory: string): Promise<string[]> {
  const { stdout } = await run('ps', ['-eo', 'pid=,args=']);
  return stdout.split('\n').filter((line) => line.includes(directory));
}
