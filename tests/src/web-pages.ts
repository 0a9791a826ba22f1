// Actions on the pages of the web app.
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { type Device, TIMEOUT_MS } from './web-app.ts';

/** The form with this heading. */
export function formOf(page: Page, heading: string): Locator {
  return page.locator('form').filter({ has: page.getByRole('heading', { name: heading }) });
}

/** Opens a session as a teacher, and returns its join code from the address of the cockpit. */
export async function openSession(page: Page, title: string, name = 'Ada'): Promise<string> {
  const form = formOf(page, 'Open a session');
  await form.getByLabel('Title').fill(title);
  await form.getByLabel('Your name').fill(name);
  await press(form.getByRole('button', { name: 'Open' }), () => page.url().includes('/host/'));
  return new URL(page.url()).pathname.replace('/host/', '');
}

/** Enters a name in the form of a student's page, and joins. */
export async function joinAs(page: Page, name: string): Promise<void> {
  const form = formOf(page, 'Join a session');
  await form.getByLabel('Your name').fill(name);
  await press(
    form.getByRole('button', { name: 'Join' }),
    isShown(page.getByText(`You are ${name}`)),
  );
}

type Condition = () => boolean | Promise<boolean>;

export const isShown =
  (element: Locator): Condition =>
  () =>
    element.first().isVisible();

export const isGone =
  (element: Locator): Condition =>
  async () =>
    (await element.count()) === 0;

/**
 * Presses a button until it has had its effect: a busy server may refuse the call, and the page then says
 * so.
 */
export async function press(button: Locator, hasEffect: Condition): Promise<void> {
  const refusal = button.page().getByText('The server does not respond.').first();
  const started = performance.now();
  while (performance.now() - started < TIMEOUT_MS) {
    await button.click();
    const isSettled = async () => (await hasEffect()) || (await refusal.isVisible());
    await expect.poll(isSettled, { timeout: TIMEOUT_MS }).toBe(true);
    if (await hasEffect()) return;
  }
  throw new Error(`The server has refused all calls of ${button.toString()}`);
}

/** Opens the wall in a new tab. */
export async function openWall({ context }: Pick<Device, 'context'>, cockpit: Page): Promise<Page> {
  const link = cockpit.getByRole('link', { name: 'Open the wall' });
  const [wall] = await Promise.all([context.waitForEvent('page'), link.click()]);
  const opened = wall.locator('aside');
  const tryAgain = wall.getByRole('button', { name: 'Try again' });
  await expectShown(opened.or(tryAgain));
  if (!(await opened.isVisible())) await press(tryAgain, isShown(opened));
  return wall;
}

/** The question with this text. */
export function questionIn(page: Page, body: string): Locator {
  return page.getByRole('listitem').filter({ has: page.getByText(body, { exact: true }) });
}

export async function ask(page: Page, body: string): Promise<void> {
  await page.getByLabel('Your question').fill(body);
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
}

/** Waits until an element is in none of the pages. */
export async function expectGone(...elements: Locator[]): Promise<void> {
  await Promise.all(elements.map((element) => element.waitFor({ state: 'detached' })));
}

/** Waits until an element is visible in each of the pages. */
export async function expectShown(...elements: Locator[]): Promise<void> {
  await Promise.all(elements.map((element) => element.first().waitFor()));
}

/** The texts of the questions on a page, from top to bottom. */
export async function questionsOn(page: Page): Promise<string[]> {
  return await page.getByRole('listitem').locator('.body').allTextContents();
}

/** Presses a button of a question in the cockpit, until the question has the next button. */
export async function moderate(
  cockpit: Page,
  body: string,
  name: string,
  next: string,
): Promise<void> {
  const button = (label: string) =>
    questionIn(cockpit, body).getByRole('button', { name: label, exact: true });
  await press(button(name), isShown(button(next)));
}

/** Presses a button that asks once, and confirms, until an element is shown. */
export async function confirm(
  page: Page,
  name: string,
  yes: string,
  shown: Locator,
): Promise<void> {
  const refusal = page.getByText('The server does not respond.');
  await page.getByRole('button', { name, exact: true }).click();
  await page.getByRole('button', { name: yes }).click();
  await expectShown(shown.or(refusal));
  if (!(await refusal.isVisible())) return;
  // Otherwise the next attempt would find this refusal.
  await page.reload();
  await confirm(page, name, yes, shown);
}
