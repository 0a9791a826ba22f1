import { randomUUID } from 'node:crypto';
import { createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { clientOf } from '../src/client-of.ts';
import { createSessions, expectIdle, expectToServe } from '../src/expect-idle.ts';
import { forEach, times } from '../src/for-each.ts';
import { quantile } from '@classroom/bench/statistics';
import { openListener, type RawListener } from '../src/open-listener.ts';
import { LIVE_LISTENERS, scrape } from '../src/scrape.ts';
import { startApi } from '../src/start-api.ts';

const STREAMS = 400;

test('400 live streams without an Accept header are served as streams and take nothing from calls', async () => {
  await using database = await createTestDatabase();
  await using api = await startApi({ DATABASE_URL: database.url, LOG_LEVEL: 'warn' });
  const { code, hostToken } = await clientOf(api).sessions.create.mutate({
    title: 'Algebra I',
    hostDisplayName: `Ada ${randomUUID()}`,
  });
  const streams: RawListener[] = [];
  const statuses: Record<number, number> = {};
  await forEach(times(STREAMS), 20, async () => {
    const stream = await openListener(api.url, code, hostToken, {});
    streams.push(stream);
    statuses[stream.status] = (statuses[stream.status] ?? 0) + 1;
  });
  expect.soft(statuses).toEqual({ 200: STREAMS });
  expect.soft((await scrape(api.url))(LIVE_LISTENERS)).toBe(STREAMS);

  const calls = await createSessions(api.url, 40, 4);
  const p99 = quantile(calls.times, 0.99);
  console.log(
    `${STREAMS} streams:`,
    statuses,
    'calls:',
    calls.statuses,
    `p99 ${Math.round(p99)} ms`,
  );
  expect.soft(calls.statuses).toEqual({ 200: 40 });
  const complete = streams.filter(({ received }) => received().includes('event: connected'));
  expect.soft(complete).toHaveLength(STREAMS);

  await Promise.all(streams.map(({ disconnect }) => disconnect('reset')));
  await expectIdle(api);
  await expectToServe(api);
});
