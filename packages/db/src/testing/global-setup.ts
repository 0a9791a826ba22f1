import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { createDatabase } from '../database.ts';
import { openEmbeddedDatabase } from '../embedded.ts';
import { migrateToLatest } from '../migrate.ts';
import { administer, databaseUrl } from './administer.ts';
import type { TestServer } from './test-server.ts';

/** Tests may lose their data when the machine stops; in return they run several times faster. */
const FAST_AND_FORGETFUL = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'max_connections=300',
];

/**
 * Starts a PostgreSQL of this test run's own, or takes the one that `TEST_DATABASE_URL` names, and
 * prepares the template that `createTestDatabase` clones.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['TEST_DATABASE_URL'];
  const server = given === undefined ? await startServer() : { url: given, close: async () => {} };
  const template = `template_${randomBytes(8).toString('hex')}`;
  await administer(server.url, `create database ${template}`);
  const db = createDatabase(databaseUrl(server.url, template), { statementTimeoutMs: 0 });
  await migrateToLatest(db);
  await db.destroy();
  project.provide('testDatabase', { serverUrl: server.url, template } satisfies TestServer);

  return async () => {
    await administer(server.url, `drop database ${template} with (force)`);
    await server.close();
  };
}

async function startServer() {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'classroom-test-'));
  const server = await openEmbeddedDatabase({ dataDir, settings: FAST_AND_FORGETFUL });
  return {
    url: server.url,
    close: async () => {
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
