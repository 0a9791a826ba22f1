import { createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { createSession } from '../src/client.ts';
import { expectIdle, expectToServe } from '../src/expect-idle.ts';
import { forEach, times } from '../src/load.ts';
import { LIVE_LISTENERS, scrape } from '../src/metrics.ts';
import { openDeliveringListener, type RawListener } from '../src/raw-http.ts';
import { startApi } from '@classroom/api/start';

const STREAMS = 400;

test('400 live streams without an Accept header are served as streams and leave capacity for calls', async () => {
  await using database = await createTestDatabase();
  await using api = await startApi({ DATABASE_URL: database.url, LOG_LEVEL: 'warn' });
  const { code, hostToken } = await createSession(api);
  const streams: RawListener[] = [];
  await forEach(times(STREAMS), 20, async () => {
    const stream = await openDeliveringListener(api.url, code, hostToken, {});
    expect(stream.status).toBe(200);
    streams.push(stream);
  });
  expect((await scrape(api.url))(LIVE_LISTENERS)).toBe(STREAMS);
  await expectToServe(api);
  const connected = () =>
    streams.filter(({ received }) => received().includes('event: connected')).length;
  await expect.poll(connected).toBe(STREAMS);

  await Promise.all(streams.map(({ disconnect }) => disconnect('reset')));
  await expectIdle(api);
  await expectToServe(api);
});
