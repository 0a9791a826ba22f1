import { createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { startApi } from '../src/start-api.ts';
import { startTcpProxy } from '../src/tcp-proxy.ts';

test('metrics are served at once while the database hangs', async () => {
  await using database = await createTestDatabase();
  await using proxy = await startTcpProxy(database.url);
  await using api = await startApi({ DATABASE_URL: proxy.url });
  proxy.setHanging(true);
  for (let scrape = 0; scrape < 10; scrape += 1) {
    const started = performance.now();
    const response = await fetch(`${api.url}/metrics`);
    expect(await response.text()).toContain('classroom_pool_waiting');
    expect(response.status).toBe(200);
    expect(performance.now() - started).toBeLessThan(500);
  }
  proxy.setHanging(false);
});
