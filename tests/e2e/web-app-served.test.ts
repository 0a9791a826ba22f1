import { createTestDatabase } from '@classroom/db/testing';
import { describe, expect, test } from 'vitest';
import { printed, startApi } from '@classroom/api/start';
import { hasBrowser, openBrowser } from '../src/browser.ts';
import { fetchServed, useApi } from '../src/client.ts';
import { assetsOf } from '../src/every-request.ts';

describe('the build of the web app', async () => {
  const { api } = await useApi();

  test('is complete at the address that the server prints: the page and all that it loads', async () => {
    const page = await fetchServed(`${api.url}/`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<meta name="public-url" content="" />');
    const assets = await assetsOf(api, '/');
    expect(assets.filter((path) => path.endsWith('.js'))).not.toEqual([]);
    expect(assets.filter((path) => path.endsWith('.css'))).not.toEqual([]);
    for (const path of assets) {
      const asset = await fetchServed(`${api.url}${path}`);
      expect([path, asset.status]).toEqual([path, 200]);
      const isHashed = path.startsWith('/assets/');
      expect(asset.headers.get('cache-control')?.endsWith('immutable')).toBe(isHashed);
      expect((await asset.text()).length).toBeGreaterThan(0);
    }
  });

  test('sends its scripts and style sheets compressed', async () => {
    const assets = await assetsOf(api, '/');
    const texts = assets.filter((path) => /\.(js|css)$/.test(path));
    for (const path of texts) {
      const { headers } = await fetchServed(`${api.url}${path}`, { method: 'HEAD' });
      expect([path, headers.get('content-encoding')]).toEqual([path, 'gzip']);
    }
  });
});

test.skipIf(!hasBrowser)(
  'the page shows its forms in a browser, which reports no violation (skipped without a browser)',
  async () => {
    await using database = await createTestDatabase();
    await using api = await startApi({ DATABASE_URL: database.url });
    await using browser = await openBrowser();
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(api.url);
    await page.getByLabel('Join code').waitFor();
    expect(complaints).toEqual([]);
  },
);

test('the page has PUBLIC_URL, which the server prints too', async () => {
  await using database = await createTestDatabase();
  const publicUrl = 'https://classroom.school.example';
  await using api = await startApi({ DATABASE_URL: database.url, PUBLIC_URL: publicUrl });
  const line = await printed(api, /^Open .+$/m);
  expect(line).toBe(`Open ${api.url} in a browser, on other devices ${publicUrl}`);
  const page = await fetchServed(`${api.url}/wall/7M2XJD`);
  expect(await page.text()).toContain(`<meta name="public-url" content="${publicUrl}" />`);
});
