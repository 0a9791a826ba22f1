import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient } from '@classroom/client';
import { createTestDatabase } from '@classroom/db/testing';
import { expect, onTestFinished, test } from 'vitest';
import { startApi } from '@classroom/api/start';
import { fetchServed } from '../src/client.ts';

const DIST = path.resolve(import.meta.dirname, '../../apps/api/dist');

test.each([
  ['one process', '1'],
  ['two workers', '2'],
])('the production bundle runs by itself in %s, without node_modules', async (_, workers) => {
  const directory = await mkdtemp(path.join(tmpdir(), 'classroom-bundle-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  await cp(DIST, directory, { recursive: true });

  await using database = await createTestDatabase();
  const env = { DATABASE_URL: database.url, NODE_ENV: 'production', WEB_CONCURRENCY: workers };
  await using api = await startApi(env, { main: path.join(directory, 'main.mjs') });
  const client = createClient({ url: `${api.url}/trpc` });
  expect(
    await client.sessions.create.mutate({ title: 'Algebra I', hostDisplayName: 'Ada' }),
  ).toMatchObject({ status: 'draft' });

  const page = await fetchServed(`${api.url}/docs`);
  const [, script = ''] = /<script src="([^"]+)"/.exec(await page.text()) ?? [];
  for (const url of [`${api.url}/openapi.json`, new URL(script, page.url)]) {
    const response = await fetchServed(url);
    expect(response.status).toBe(200);
    expect((await response.text()).length).toBeGreaterThan(1000);
  }
});
