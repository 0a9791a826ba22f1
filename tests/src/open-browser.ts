import { spawnSync } from 'node:child_process';
import { type Browser, chromium } from 'playwright-core';

const executablePath = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (place) => spawnSync(place, ['--version']).status === 0,
);

/** Whether the system has one; none is downloaded. */
export const hasBrowser = executablePath !== undefined;

/** A browser with a profile of its own, which asks nobody for anything but its pages. */
export async function openBrowser(): Promise<Browser> {
  return await chromium.launch({
    ...(executablePath !== undefined && { executablePath }),
    headless: true,
    // As root there is no sandbox to be had.
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
