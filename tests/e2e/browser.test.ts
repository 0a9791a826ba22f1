import { createTestDatabase, type TestDatabase } from '@classroom/db/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hasBrowser, openBrowser, type ServedPage, servePage } from '../src/browser.ts';
import { type RunningApi, startApi } from '@classroom/api/start';

const played = z.object({ code: z.string(), hostToken: z.string(), question: z.unknown() });

describe.skipIf(!hasBrowser)('in a browser (skipped where no Chromium is installed)', () => {
  let database: TestDatabase;
  let api: RunningApi;
  let served: ServedPage;
  let browser: Browser;
  beforeAll(async () => {
    database = await createTestDatabase();
    api = await startApi({ DATABASE_URL: database.url, CORS_ORIGINS: 'http://localhost:*' });
    served = await servePage();
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await served?.[Symbol.asyncDispose]();
    await api?.[Symbol.asyncDispose]();
    await database?.[Symbol.asyncDispose]();
  });

  async function open(origin: string): Promise<{ page: Page; requested: string[] }> {
    const page = await browser.newPage();
    const requested: string[] = [];
    page.on('request', (request) => requested.push(request.url()));
    await page.goto(origin, { timeout: 90_000 });
    return { page, requested };
  }
  const sessionsOf = (host: string) =>
    database.db
      .selectFrom('sessions')
      .innerJoin('users', 'users.id', 'sessions.host_user_id')
      .where('users.display_name', '=', host)
      .select('code')
      .execute();

  test('a page of an allowed origin creates, joins, submits, votes and subscribes', async () => {
    const { page, requested } = await open(`http://localhost:${served.port}`);
    const result: unknown = await page.evaluate(`playLesson('${api.url}/trpc')`);
    const { code, hostToken, question } = played.parse(result);
    expect(question).toMatchObject({ body: 'Why?', votes: 2, author: { displayName: 'Ben' } });
    expect(await sessionsOf('Ada')).toEqual([{ code }]);
    expect(requested.some((url) => url.includes('sessions.events'))).toBe(true);
    expect(requested.join(' '), 'no URL contains a token').not.toContain(hostToken);
  });

  test('a page of an origin that is not allowed reads nothing and creates nothing', async () => {
    const tryAll = async (origin: string, host: string): Promise<unknown> => {
      const { page } = await open(origin);
      return await page.evaluate(`tryAll('${api.url}/trpc', '${host}')`);
    };
    const refused = { client: 'UNAVAILABLE', form: 'nothing', read: 'nothing' };
    expect(await tryAll(`http://127.0.0.1:${served.port}`, 'Mallory')).toEqual(refused);
    expect(await sessionsOf('Mallory')).toEqual([]);

    // The same attempts from an allowed origin; forms are never allowed.
    const allowed = { client: 'answered', form: 'nothing', read: 'answered' };
    expect(await tryAll(`http://localhost:${served.port}`, 'Grace')).toEqual(allowed);
    expect(await sessionsOf('Grace')).toHaveLength(1);
  });
});
