import { measureLoad } from '@classroom/bench/overload/measure-load';
import { createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { RESIDENT_BYTES, scrape } from '../../src/metrics.ts';
import { startApi } from '@classroom/api/start';

const MOST_BYTES = 10 * 1024 * 1024;
const TIMES = 50;

const batch = Array(1000).fill('sessions.create').join(',');
const megabytes = (n: number) => 'a'.repeat(n * 1024 * 1024);

const attacks: [string, string, string, string, number][] = [
  ['a batch of 1,000', `/trpc/${batch}?batch=1`, 'application/json', '{}', 400],
  [
    'a multipart body',
    '/trpc/sessions.create',
    'multipart/form-data; boundary=x',
    megabytes(4),
    415,
  ],
  ['an oversized body', '/trpc/sessions.create', 'application/json', megabytes(4), 413],
];

test.each(attacks)(
  '50 requests with %s cost at most 10 MB',
  async (_, path, type, body, status) => {
    await using database = await createTestDatabase();
    await using api = await startApi({ DATABASE_URL: database.url, LOG_LEVEL: 'error' });
    const statuses = new Set<number>();
    const attack = async () => {
      const response = await fetch(`${api.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': type },
        body,
      }).catch(() => undefined);
      // The server may close the connection before the whole body is sent.
      if (response !== undefined) statuses.add(response.status);
    };
    // Lets the process reach its working size, with its code compiled.
    await measureLoad(api.url, { connections: 20, seconds: 3 });
    const highestOf = async (times: number) => {
      let most = 0;
      for (let n = 0; n < times; n += 1) {
        await attack();
        most = Math.max(most, (await scrape(api.url))(RESIDENT_BYTES));
      }
      return most;
    };
    // V8 grows the heap in steps for a while after the load.
    const before = await highestOf(4 * TIMES);
    const most = await highestOf(TIMES);
    console.log(`+${((most - before) / 1024 / 1024).toFixed(1)} MB`);
    expect([...statuses]).toEqual([status]);
    expect(most - before).toBeLessThan(MOST_BYTES);
  },
);
