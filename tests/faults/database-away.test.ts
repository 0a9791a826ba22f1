import { createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { expectDuration, expectWithin } from '../src/campaign.ts';
import { createSession, sessionInput } from '../src/client.ts';
import { startTcpProxy } from '../src/proxies.ts';
import { spawnApi, startApi } from '@classroom/api/start';

const REFUSED_MS = 5_000;
const SERVED_AGAIN_MS = 10_000;
const SCRAPED_MS = 500;
const STOPPED_MS = 10_500;

test('calls fail with UNAVAILABLE while the database hangs, metrics and /livez are served, and calls succeed afterwards', async () => {
  await using database = await createTestDatabase();
  await using proxy = await startTcpProxy(database.url);
  await using api = await startApi({ DATABASE_URL: proxy.url });
  await createSession(api);

  proxy.setHanging(true);
  for (const connection of ['a pooled', 'a new']) {
    await expectWithin(`refused on ${connection} connection`, REFUSED_MS, async () => {
      const response = await fetch(`${api.url}/trpc/sessions.create`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(sessionInput()),
      });
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('1');
      expect(await response.json()).toMatchObject({
        error: { data: { reason: 'UNAVAILABLE', retryAfterSeconds: 1 } },
      });
    });
  }
  expect((await fetch(`${api.url}/livez`)).status).toBe(200);
  expect((await fetch(`${api.url}/readyz`)).status).toBe(503);
  const scrapes: number[] = [];
  while (scrapes.length < 10) {
    const started = performance.now();
    const response = await fetch(`${api.url}/metrics`);
    expect(await response.text()).toContain('classroom_pool_waiting');
    expect(response.status).toBe(200);
    scrapes.push(performance.now() - started);
  }
  expectDuration('slowest scrape', Math.max(...scrapes), SCRAPED_MS);

  proxy.setHanging(false);
  await expectWithin('served again', SERVED_AGAIN_MS, () => createSession(api));
});

test('SIGTERM ends a process that waits for the database at its start', async () => {
  await using database = await createTestDatabase();
  await using proxy = await startTcpProxy(database.url);
  proxy.setHanging(true);
  await using api = spawnApi({ DATABASE_URL: proxy.url });
  await expect.poll(proxy.accepted, { timeout: 90_000 }).toBeGreaterThan(0);
  await expectWithin('stopped', STOPPED_MS, async () => {
    api.child.kill('SIGTERM');
    expect([0, 1]).toContain(await api.exit);
  });
});
