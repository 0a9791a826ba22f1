import { startApi } from '@classroom/api/start';
import { createTestDatabase, type TestDatabase } from '@classroom/db/testing';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { expect, onTestFailed } from 'vitest';
import { openBrowser } from './browser.ts';
import { freePort } from './programs.ts';

export const PHONE = {
  viewport: { width: 390, height: 844 },
  isMobile: true,
  hasTouch: true,
} satisfies BrowserContextOptions;
export const LAPTOP = { viewport: { width: 1280, height: 800 } } satisfies BrowserContextOptions;

/** For a slow machine that runs other tests. */
export const TIMEOUT_MS = 60_000;

/** A browser with its own storage, as on another device. */
export interface Device {
  context: BrowserContext;
  /** Opens an address of the web app. */
  open: (path: string) => Promise<Page>;
}

export interface WebApp extends AsyncDisposable {
  url: string;
  database: TestDatabase;
  browser: Browser;
  newDevice: (options?: BrowserContextOptions, url?: string) => Promise<Device>;
  /** Fails when a page has violated its Content-Security-Policy, run a text as HTML, or leaked a token. */
  expectNoFault: () => Promise<void>;
}

/** Runs an API that serves the built web app, and a browser. */
export async function startWebApp(env: Record<string, string> = {}): Promise<WebApp> {
  await using started = new AsyncDisposableStack();
  const database = started.use(await createTestDatabase());
  const port = `${await freePort()}`;
  const url = `http://127.0.0.1:${port}`;
  // Phones can open PUBLIC_URL; without it, a page of loopback shows no QR code.
  started.use(await startApi({ DATABASE_URL: database.url, PORT: port, PUBLIC_URL: url, ...env }));
  const browser = await openBrowser();
  started.defer(() => browser.close());
  const devices: WatchedDevice[] = [];
  const running = started.move();
  return {
    url,
    database,
    browser,
    async newDevice(options = LAPTOP, at = url) {
      const device = await newDevice(browser, options, at);
      devices.push(device);
      return device;
    },
    async expectNoFault() {
      expect(devices.flatMap(({ faults }) => faults)).toEqual([]);
      for (const device of devices) await expectNoLeak(device);
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

interface WatchedDevice extends Device {
  url: string;
  /** Uncaught errors, violations of the policy, and dialogs of scripts. */
  faults: string[];
  /** Every request, and every address in the address bar. */
  urls: string[];
}

async function newDevice(
  browser: Browser,
  options: BrowserContextOptions,
  url: string,
): Promise<WatchedDevice> {
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  context.setDefaultTimeout(TIMEOUT_MS);
  const faults: string[] = [];
  const refused: string[] = [];
  const urls: string[] = [];
  context.on('response', (response) => {
    if (response.status() >= 400) refused.push(`${response.status()} ${response.url()}`);
  });
  onTestFailed(() => printPages(context, refused));
  await context.addInitScript(`addEventListener('securitypolicyviolation', (event) =>
    console.error('Content-Security-Policy', event.violatedDirective, event.blockedURI))`);
  context.on('weberror', (error) => faults.push(String(error.error())));
  context.on('console', (message) => {
    if (/Content.Security.Policy/i.test(message.text())) faults.push(message.text());
  });
  context.on('request', (request) => urls.push(request.url()));
  context.on('page', (page) => {
    page.on('framenavigated', (frame) => urls.push(frame.url()));
    page.on('dialog', (dialog) => {
      faults.push(dialog.message());
      void dialog.dismiss();
    });
  });
  return {
    context,
    url,
    faults,
    urls,
    async open(path) {
      const page = await context.newPage();
      await page.goto(url + path, { timeout: TIMEOUT_MS });
      return page;
    },
  };
}

/** Shows why a page did not get where the test waited for it. */
async function printPages(context: BrowserContext, refused: string[]): Promise<void> {
  console.log(refused.join('\n'));
  for (const page of context.pages()) {
    const text = page.locator('body').innerText({ timeout: 5_000 });
    console.log(page.url(), await text.catch(String));
  }
}

async function expectNoLeak({ context, url, urls }: WatchedDevice): Promise<void> {
  const { origins } = await context.storageState();
  const secrets = origins
    .flatMap(({ localStorage }) => localStorage)
    .filter(({ name }) => /token|key/.test(name));
  const leaks = secrets.filter(({ value }) => urls.some((each) => each.includes(value)));
  expect(leaks, 'no URL contains a token').toEqual([]);
  // A download is an object of the page itself.
  const foreign = urls.filter((each) => !/^(?:about|blob):/.test(each) && !each.startsWith(url));
  expect(foreign, 'no request goes to another origin').toEqual([]);
}
