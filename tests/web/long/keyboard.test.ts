import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hasBrowser } from '../../src/browser.ts';
import { clientOf } from '../../src/client.ts';
import { startWebApp, type WebApp } from '../../src/web-app.ts';
import { expectGone, expectShown, questionIn } from '../../src/web-pages.ts';

const MAX_PRESSES = 60;

describe.skipIf(!hasBrowser)('the keyboard alone (skipped where no Chromium is installed)', () => {
  let app: WebApp;
  beforeAll(async () => {
    // A refused call would need another key.
    app = await startWebApp({ RATE_LIMITS: 'off' });
  });
  afterAll(() => app?.[Symbol.asyncDispose]());

  test('a student joins, asks, votes and withdraws, and always sees the focus', async () => {
    const anyone = clientOf(app);
    const { code, hostToken } = await anyone.sessions.create.mutate({
      title: 'Algebra II',
      hostDisplayName: 'Grace',
    });
    const page = await (await app.newDevice()).open('/');
    await expectShown(page.getByLabel('Join code'));
    await tabTo(page, 'Join code');
    await page.keyboard.type(code);
    await tabTo(page, 'Your name');
    await page.keyboard.type('Ben');
    await page.keyboard.press('Enter');
    await expectShown(page.getByText('You are Ben'));
    await tabTo(page, 'Your question');
    await page.keyboard.type('Why?');
    await tabTo(page, 'Ask anonymously');
    await page.keyboard.press('Space');
    await tabTo(page, 'Ask');
    await page.keyboard.press('Enter');
    await expectShown(questionIn(page, 'Why?').getByText('Anonymous'));
    await expectFocus(page, 'Ask');

    await tabTo(page, 'Vote', 'Shift+Tab');
    await page.keyboard.press('Space');
    const voted = questionIn(page, 'Why?').getByRole('button', { name: 'Vote', pressed: true });
    await expectShown(voted, questionIn(page, 'Why?').getByText('1 vote'));
    await expectFocus(page, 'Vote');

    await tabTo(page, 'Withdraw', 'Shift+Tab');
    await page.keyboard.press('Enter');
    await expectShown(page.getByText('No questions yet.'));
    await expectFocus(page, 'Questions');

    await clientOf(app, hostToken).sessions.end.mutate({ code });
    await expectShown(page.getByText('This session has ended.'));
    await tabTo(page, 'To the start page');
  });

  test('a teacher runs a lesson, and no button takes the focus away', async () => {
    const device = await app.newDevice();
    const page = await device.open('/');
    await expectShown(page.getByLabel('Title'));
    await tabTo(page, 'Title');
    await page.keyboard.type('Algebra I');
    await tabTo(page, 'Your name');
    await page.keyboard.type('Ada');
    await page.keyboard.press('Enter');
    await expectShown(page.getByRole('button', { name: 'Start' }));
    await pressOn(page, 'Start');
    await expectShown(page.getByText('Live', { exact: true }));
    await expectFocus(page, 'Algebra I');

    await pressOn(page, 'Approve questions first', 'Space');
    await expectShown(page.getByRole('switch', { checked: true }));
    await expectFocus(page, 'Approve questions first');
    const code = new URL(page.url()).pathname.replace('/host/', '');
    await askByApi(app, code, 'Why?');
    await expectShown(questionIn(page, 'Why?'));
    await moderate(page);
    await addDevice(page);

    const [wall] = await Promise.all([
      device.context.waitForEvent('page'),
      pressOn(page, 'Open the wall', 'Enter', 'Shift+Tab'),
    ]);
    await expectShown(wall.getByText('Algebra I'), wall.getByText(code));
    await page.bringToFront();
    await end(page);
    await pressOn(page, 'To the start page', 'Enter', 'Shift+Tab');
    await expectShown(page.getByRole('heading', { name: 'Your sessions' }));
    await expectShown(page.getByRole('button', { name: 'Algebra I' }));
    await pressOn(page, 'Algebra I');
    await expectShown(page.getByText('Ended', { exact: true }));
    await app.expectNoFault();
  });
});

/** Approves, answers, pins and hides the only question, each with the key on a button that keeps the focus. */
async function moderate(page: Page): Promise<void> {
  const shown = (name: string) =>
    questionIn(page, 'Why?').getByRole('button', { name, exact: true });
  await pressOn(page, 'Approve', 'Space', 'Shift+Tab');
  await expectShown(shown('Answer'));
  await expectFocus(page, 'Answer');
  await page.keyboard.press('Enter');
  await expectShown(shown('Reopen'));
  await expectFocus(page, 'Reopen');
  await pressOn(page, 'Pin', 'Space');
  await expectShown(shown('Unpin'));
  await expectFocus(page, 'Unpin');
  await pressOn(page, 'Hide', 'Enter', 'Shift+Tab');
  await expectShown(shown('Show'));
  await expectGone(shown('Hide'));
  await expectFocus(page, 'Show');
}

async function addDevice(page: Page): Promise<void> {
  await tabTo(page, 'Role');
  await page.keyboard.press('ArrowDown');
  await pressOn(page, 'Add a device');
  await expectShown(page.getByText('Pairing code'));
  await expectFocus(page, 'Add a device');
  await pressOn(page, 'Done', 'Space');
  await expectGone(page.getByText('Pairing code'));
  await expectFocus(page, 'Add a device');
}

/** Opens the dialog, cancels it with Escape, and opens it again to confirm. */
async function end(page: Page): Promise<void> {
  await pressOn(page, 'End', 'Enter', 'Shift+Tab');
  await expectShown(page.getByRole('dialog'));
  await expectFocus(page, 'Cancel');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await expectFocus(page, 'End');
  await page.keyboard.press('Enter');
  await expectShown(page.getByRole('dialog'));
  await pressOn(page, 'Yes, end it');
  await expectShown(page.getByText('Ended', { exact: true }));
  await expectFocus(page, 'Algebra I');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    pressOn(page, 'Export CSV', 'Space'),
  ]);
  expect(download.suggestedFilename()).toMatch(/\.csv$/);
  await expectFocus(page, 'Export CSV');
}

async function askByApi(app: WebApp, code: string, body: string): Promise<void> {
  const { participantToken } = await clientOf(app).sessions.join.mutate({
    code,
    displayName: 'Ben',
  });
  await clientOf(app, participantToken).questions.submit.mutate({ code, body });
}

/** Moves the focus to an element, and presses a key on it. */
async function pressOn(page: Page, name: string, key = 'Enter', move = 'Tab'): Promise<void> {
  await tabTo(page, name, move);
  await page.keyboard.press(key);
}

/** Moves the focus until an element with this name or label has it. Every element on the way shows it. */
async function tabTo(page: Page, name: string, key = 'Tab'): Promise<void> {
  for (let presses = 0; presses < MAX_PRESSES; presses++) {
    await page.keyboard.press(key);
    const focused = await focusedOn(page);
    expect(focused.isVisible, `the focus on "${focused.name}" is visible`).toBe(true);
    if (focused.name.split('\n').includes(name)) return;
  }
  throw new Error(`${key} does not reach "${name}"`);
}

async function expectFocus(page: Page, name: string): Promise<void> {
  await expect.poll(async () => (await focusedOn(page)).name.split('\n')).toContain(name);
}

const focus = z.object({ name: z.string(), isVisible: z.boolean() });

/** The body has the focus after the last element, and before the first. */
async function focusedOn(page: Page): Promise<z.infer<typeof focus>> {
  return focus.parse(
    await page.evaluate(`{
      const { activeElement: focused } = document;
      const style = getComputedStyle(focused);
      const isBody = focused === document.body;
      ({
        name: isBody ? '' : focused.ariaLabel ?? focused.labels?.[0]?.innerText ?? focused.innerText,
        isVisible: isBody || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2),
      });
    }`),
  );
}
