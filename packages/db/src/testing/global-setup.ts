import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmbeddedPostgres } from '@classroom/embedded-postgres';
import type { TestProject } from 'vitest/node';
import { createDatabase } from '../database.ts';
import { migrateToLatest } from '../migrate.ts';
import { administer, databaseUrl, SLOW_MACHINE_TIMEOUTS } from './server.ts';

/** Tests need no durability and run several times faster without it. */
const SETTINGS = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'max_connections=300',
];

/**
 * Starts a PostgreSQL for this test run, or uses that of `TEST_DATABASE_URL`, and prepares the template
 * that `createTestDatabase` clones.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const url = process.env['TEST_DATABASE_URL'];
  const server = url === undefined ? await startServer() : { url, close: async () => {} };
  const template = `template_${randomBytes(8).toString('hex')}`;
  await administer(server.url, `create database ${template}`);
  const options = { ...SLOW_MACHINE_TIMEOUTS, statementTimeoutMs: 0 };
  const db = createDatabase(databaseUrl(server.url, template), options);
  await migrateToLatest(db);
  await db.destroy();
  project.provide('testDatabase', { serverUrl: server.url, template });

  return async () => {
    await administer(server.url, `drop database ${template} with (force)`);
    await server.close();
  };
}

async function startServer() {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'classroom-test-'));
  stopAfterKill(dataDir);
  const server = await startEmbeddedPostgres({ dataDir, settings: SETTINGS });
  return {
    url: server.url,
    close: async () => {
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** When the test run is killed, its end of the pipe closes and the shell stops the server. */
function stopAfterKill(dataDir: string): void {
  const script = `
    cat
    kill -INT "$(head -n 1 "$0/cluster/postgresql/data/postmaster.pid")"
    rm -rf "$0"
  `;
  const shell = spawn('sh', ['-c', script, dataDir], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.unref();
  if (shell.stdin instanceof Socket) shell.stdin.unref();
}
