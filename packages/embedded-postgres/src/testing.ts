import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Client, type QueryResultRow } from 'pg';
import { onTestFinished } from 'vitest';

const run = promisify(execFile);

/** Settings for tests that need no durability. */
export const settings = ['fsync=off'];

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'classroom-embedded-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export async function query<Row extends QueryResultRow>(
  url: string,
  statement: string,
): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  // Without a listener, a killed server would end this process.
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Row>(statement)).rows;
  } finally {
    await client.end();
  }
}

export function isReachable(url: string): Promise<boolean> {
  return query(url, 'select 1').then(
    () => true,
    () => false,
  );
}

/** PostgreSQL's data directory below a `DATA_DIR`. */
export function pgData(dataDir: string): string {
  return path.join(dataDir, 'cluster/postgresql/data');
}

export async function killServer(dataDir: string): Promise<void> {
  const pidFile = await readFile(path.join(pgData(dataDir), 'postmaster.pid'), 'utf8');
  process.kill(Number.parseInt(pidFile, 10), 'SIGKILL');
}

/** Lists the processes whose command line contains a directory. */
export async function processesOf(directory: string): Promise<string[]> {
  const { stdout } = await run('ps', ['-eo', 'pid=,args=']);
  return stdout.split('\n').filter((line) => line.includes(directory));
}
