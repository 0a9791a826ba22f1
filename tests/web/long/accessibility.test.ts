import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hasBrowser } from '../../src/browser.ts';
import { PHONE, startWebApp, type WebApp } from '../../src/web-app.ts';
import {
  ask,
  expectShown,
  isShown,
  joinAs,
  openSession,
  openWall,
  press,
  questionIn,
} from '../../src/web-pages.ts';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const results = z.object({
  violations: z.array(z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string() })) })),
  passes: z.array(z.unknown()).min(1),
});

/** Fails on a violation of any impact, in both colour schemes. */
async function expectAccessible(...pages: readonly Page[]): Promise<void> {
  for (const page of pages) {
    // The dark scheme differs in its colours alone.
    for (const [colorScheme, rules] of [
      ['light', ''],
      ['dark', `{ runOnly: ['color-contrast', 'link-in-text-block'] }`],
    ] as const) {
      // Without transitions, which would be measured between two colours.
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const { violations } = results.parse(await page.evaluate(`${axe}; axe.run(${rules})`));
      expect(violations, `${page.url()}, ${colorScheme}`).toEqual([]);
    }
  }
}

describe.skipIf(!hasBrowser)('accessibility (skipped where no Chromium is installed)', () => {
  let app: WebApp;
  beforeAll(async () => {
    app = await startWebApp();
  });
  afterAll(() => app?.[Symbol.asyncDispose]());

  test('axe finds no violation on any page, light and dark', async () => {
    const teacher = await app.newDevice();
    const cockpit = await teacher.open('/');
    const code = await openSession(cockpit, 'Algebra I');
    const button = (name: string) => cockpit.getByRole('button', { name, exact: true });
    await press(button('Start'), isShown(cockpit.getByText('Live', { exact: true })));
    const ben = await (await app.newDevice(PHONE)).open(`/j/${code}`);
    await expectShown(ben.getByLabel('Your name'));
    await expectAccessible(ben);
    await joinAs(ben, 'Ben');
    await ask(ben, 'Why?');
    await ask(ben, 'When?');
    const why = questionIn(cockpit, 'Why?');
    const when = questionIn(cockpit, 'When?');
    await press(
      questionIn(ben, 'Why?').getByRole('button', { name: 'Vote' }),
      isShown(why.getByText('1 vote')),
    );
    await press(why.getByRole('button', { name: 'Pin' }), isShown(why.getByText('Pinned')));
    await press(when.getByRole('button', { name: 'Answer' }), isShown(when.getByText('Answered')));
    await press(
      cockpit.getByLabel('Approve questions first'),
      isShown(ben.getByText('The host approves questions')),
    );
    await ask(ben, 'Where?');
    await expectShown(questionIn(ben, 'Where?').getByText('Waiting'), cockpit.getByText('Where?'));
    const wall = await openWall(teacher, cockpit);
    await press(button('Add a device'), isShown(cockpit.getByText('Pairing code')));
    await expectShown(wall.getByText('Why?'));
    await ben.getByLabel('Your question').fill('Too long '.repeat(40));
    await expectShown(ben.getByText('too many'));
    await expectAccessible(ben, cockpit, wall);

    await button('End').click();
    await expectShown(cockpit.getByRole('dialog'));
    await expectAccessible(cockpit);
    await cockpit.getByRole('button', { name: 'Yes, end it' }).click();
    await expectShown(ben.getByText('This session has ended.'), wall.getByText('has ended'));
    await expectAccessible(ben, cockpit, wall);
    const home = await teacher.open('/');
    await home.getByText('Your host key').click();
    const mine = home.getByRole('button', { name: 'Algebra I' });
    const tryAgain = home.getByRole('button', { name: 'Try again' });
    await expectShown(mine.or(tryAgain));
    if (await tryAgain.isVisible()) await press(tryAgain, isShown(mine));
    const others = ['/pair/CDFGH2', '/host/CDFGH2', '/wall/CDFGH2'];
    const opened = await Promise.all(others.map((path) => teacher.open(path)));
    await expectShown(...opened.map((page) => page.getByLabel('Pairing code')));
    await expectAccessible(home, ...opened);
    await app.expectNoFault();
  });
});
