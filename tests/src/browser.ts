import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { build, type InlineConfig, preview } from 'vite';

const PAGE = path.resolve(import.meta.dirname, '../browser');

const executablePath = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (candidate) => spawnSync(candidate, ['--version']).status === 0,
);

/** Whether the system has a browser; none is downloaded. */
export const hasBrowser = executablePath !== undefined;

/** Opens a browser with its own profile and without background requests. */
export async function openBrowser(): Promise<Browser> {
  return await chromium.launch({
    ...(executablePath !== undefined && { executablePath }),
    headless: true,
    // Chromium refuses to run its sandbox as root.
    chromiumSandbox: false,
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export interface ServedPage extends AsyncDisposable {
  /** On 127.0.0.1; `localhost` with the same port is another origin. */
  port: number;
}

/**
 * Bundles a page as a frontend would be bundled, and serves it.
 *
 * @param root the directory of its `index.html`
 */
export async function servePage(root = PAGE): Promise<ServedPage> {
  const outDir = await mkdtemp(path.join(tmpdir(), 'classroom-page-'));
  const config: InlineConfig = { root, configFile: false, logLevel: 'warn' };
  await build({ ...config, build: { outDir, emptyOutDir: true } });
  const server = await preview({
    ...config,
    build: { outDir },
    preview: { host: '127.0.0.1', port: 0 },
  });
  const address = server.httpServer.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    async [Symbol.asyncDispose]() {
      await server.close();
      await rm(outDir, { recursive: true });
    },
  };
}
