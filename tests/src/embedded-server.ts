import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { createDatabase } from '@classroom/db';
import { onTestFinished } from 'vitest';

const run = promisify(execFile);

/** Creates a directory that is removed after the test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'classroom-data-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

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

/** The time since the server became ready, when it writes the pid file for the last time. */
export async function uptimeMs(dataDir: string): Promise<number> {
  return Date.now() - (await stat(pidFile(dataDir))).mtimeMs;
}

/** The processes with a directory in their command line. */
export async function processesOf(directory: string): Promise<string[]> {
  const { stdout } = await run('ps', ['-eo', 'pid=,args=']);
  return stdout.split('\n').filter((line) => line.includes(directory));
}
