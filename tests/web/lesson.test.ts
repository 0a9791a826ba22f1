import { readFile } from 'node:fs/promises';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser } from '../src/browser.ts';
import {
  ask,
  expectGone,
  expectShown,
  formOf,
  isGone,
  isShown,
  joinAs,
  openSession,
  openWall,
  PHONE,
  press,
  questionIn,
  questionsOn,
  startWebApp,
  type WebApp,
} from '../src/web-app.ts';

/** Text that would run a script, and load an image, if a page took it for HTML. */
const HTML = `<img src=x onerror=alert(1)>`;
const TITLE = `Algebra ${HTML}`;
const BEN = `Ben ${HTML}`;
const WHY = `Why? ${HTML}`;
const EXAM = 'Will this be in the exam?';
const LATE = 'May I ask late?';

describe.skipIf(!hasBrowser)('a lesson (skipped where no Chromium is installed)', () => {
  let app: WebApp;
  beforeAll(async () => {
    app = await startWebApp();
  });
  afterAll(() => app?.[Symbol.asyncDispose]());

  const phone = async (path: string): Promise<Page> =>
    await (await app.newDevice(PHONE)).open(path);

  test('a teacher, two students and a wall play it from opening to deletion, with reloads', async () => {
    const teacher = await app.newDevice();
    const cockpit = await teacher.open('/');
    const code = await openSession(cockpit, TITLE);
    await expectShown(cockpit.getByRole('heading', { name: TITLE }));

    const ben = await joinByLink(cockpit, phone);
    const cleo = await phone('/');
    await formOf(cleo, 'Join a session').getByLabel('Join code').fill(` ${code.toLowerCase()} `);
    await joinAs(cleo, 'Cleo');
    const wall = await openWall(teacher, cockpit);
    const pages = [cockpit, ben, cleo, wall];
    await expectShown(
      wall.getByRole('img', { name: 'QR code to join' }),
      wall.getByText(code),
      wall.getByText('3 people are in'),
      wall.getByRole('heading', { name: TITLE }),
      cockpit.getByText('Cleo'),
      cockpit.getByText(BEN),
    );
    await expectSameAfterReload(pages);

    await start(cockpit, [ben, cleo]);
    await askAndVote(ben, cleo, [cockpit, ben, cleo, wall], wall);
    await expectSameAfterReload(pages);
    await moderate(cockpit, ben, cleo);
    await expectSameAfterReload(pages);
    await approve(cockpit, ben, cleo);
    await mute(cockpit, cleo);
    await expectSameAfterReload(pages);
    await removeAndBlock(cockpit, ben);
    await closeJoining(cockpit, wall, await phone(`/j/${code}`));
    await enterOnAnotherDevice(cockpit, code, app);
    await exportAndEnd(cockpit, cleo, wall);
    await expectSameAfterReload([cockpit, cleo, wall]);

    await confirm(cockpit, 'Delete', 'Yes, delete it', formOf(cockpit, 'Open a session'));
    await cleo.reload();
    await expectShown(cleo.getByRole('button', { name: 'Join again' }));
    for (const page of pages) expect(await page.locator('img[src="x"]').count()).toBe(0);
    await app.expectNoFault();
  });
});

/** Opens the link that the cockpit shows, as a student would type it. */
async function joinByLink(cockpit: Page, phone: (path: string) => Promise<Page>): Promise<Page> {
  await expectShown(cockpit.getByRole('img', { name: 'QR code to join' }));
  const link = new URL(`http://${(await cockpit.locator('.join .url').textContent()) ?? ''}`);
  const page = await phone(link.pathname);
  expect(page.url()).toBe(link.href);
  await joinAs(page, BEN);
  return page;
}

async function start(cockpit: Page, students: Page[]): Promise<void> {
  const drafts = students.map((page) => page.getByText('The host has not started yet.'));
  await expectShown(...drafts);
  await press(
    cockpit.getByRole('button', { name: 'Start' }),
    isShown(cockpit.getByText('Live', { exact: true })),
  );
  await expectGone(...drafts);
}

async function askAndVote(ben: Page, cleo: Page, pages: Page[], wall: Page): Promise<void> {
  await ben.getByLabel('Your question').fill('Why?');
  await expectShown(ben.getByText('276 left'), ben.getByText('0 of 3 open'));
  await ask(ben, WHY);
  await expectShown(ben.getByText('1 of 3 open'), ben.getByText('280 left'));
  await cleo.getByLabel('Ask anonymously').check();
  await ask(cleo, EXAM);
  for (const page of pages) {
    await expectShown(
      questionIn(page, WHY).getByText(BEN),
      questionIn(page, EXAM).getByText('Anonymous'),
    );
  }

  const vote = questionIn(ben, EXAM).getByRole('button', { name: 'Vote' });
  await press(vote, isShown(questionIn(wall, EXAM).getByText('1 vote')));
  expect(await vote.getAttribute('aria-pressed')).toBe('true');
  await expect.poll(() => questionsOn(wall)).toEqual([EXAM, WHY]);
  for (const page of pages) await expectShown(questionIn(page, EXAM).getByText('1 vote'));

  const withdraw = questionIn(ben, WHY).getByRole('button', { name: 'Withdraw' });
  await press(withdraw, isGone(withdraw));
  await expectGone(...pages.map((page) => questionIn(page, WHY)));
  await ask(ben, WHY);
  await expectShown(...pages.map((page) => questionIn(page, WHY)));
}

/** Presses a button of a question in the cockpit, until the question has the other button. */
async function change(cockpit: Page, body: string, name: string, next: string): Promise<void> {
  const button = (label: string) =>
    questionIn(cockpit, body).getByRole('button', { name: label, exact: true });
  await press(button(name), isShown(button(next)));
}

async function moderate(cockpit: Page, ben: Page, cleo: Page): Promise<void> {
  const badge = (page: Page, text: string) => questionIn(page, WHY).getByText(text);
  await change(cockpit, WHY, 'Pin', 'Unpin');
  await expectShown(badge(ben, 'Pinned'), badge(cleo, 'Pinned'));
  await change(cockpit, WHY, 'Answer', 'Reopen');
  await expectShown(badge(ben, 'Answered'), badge(cleo, 'Answered'));
  await change(cockpit, WHY, 'Hide', 'Show');
  await expectGone(questionIn(cleo, WHY));
  await change(cockpit, WHY, 'Show', 'Answer');
  await expectShown(questionIn(cleo, WHY));
  await change(cockpit, WHY, 'Unpin', 'Pin');
  await expectGone(badge(cleo, 'Pinned'));
}

async function approve(cockpit: Page, ben: Page, cleo: Page): Promise<void> {
  const notice = 'The host approves questions before everybody sees them.';
  await press(cockpit.getByLabel('Approve questions first'), isShown(ben.getByText(notice)));
  await expectShown(cleo.getByText(notice));
  await ask(cleo, LATE);
  await expectShown(questionIn(cleo, LATE).getByText('Waiting for approval'));
  expect(await questionsOn(ben)).not.toContain(LATE);
  await change(cockpit, LATE, 'Approve', 'Answer');
  await expectShown(questionIn(ben, LATE));
  await expectGone(questionIn(cleo, LATE).getByText('Waiting for approval'));
}

async function mute(cockpit: Page, cleo: Page): Promise<void> {
  await change(cockpit, LATE, 'Mute author', 'Unmute');
  await ask(cleo, 'Hello?');
  await expectShown(cleo.getByText('The host has paused your questions.'));
  expect(await cleo.getByLabel('Your question').inputValue()).toBe('Hello?');
}

async function removeAndBlock(cockpit: Page, ben: Page): Promise<void> {
  const row = cockpit.getByRole('listitem').filter({ has: cockpit.getByText(BEN) });
  const button = (name: string) => row.getByRole('button', { name, exact: true });
  const gone = ben.getByText('You are no longer in this session.');
  const again = ben.getByRole('button', { name: 'Join again' });
  await press(button('Remove'), isShown(gone));
  await again.tap();
  await joinAs(ben, BEN);
  await press(button('Block'), isShown(gone));
  await again.tap();
  const form = formOf(ben, 'Join a session');
  await form.getByLabel('Your name').fill(BEN);
  await press(
    form.getByRole('button', { name: 'Join' }),
    isShown(ben.getByText('The host has blocked this name.')),
  );
  await press(button('Unblock'), isGone(button('Unblock')));
}

async function closeJoining(cockpit: Page, wall: Page, late: Page): Promise<void> {
  const button = (name: string) => cockpit.getByRole('button', { name });
  await press(button('Close joining'), isShown(button('Open joining')));
  await expectShown(wall.getByText('Joining is closed.'));
  const form = formOf(late, 'Join a session');
  await form.getByLabel('Your name').fill('Dan');
  await press(
    form.getByRole('button', { name: 'Join' }),
    isShown(late.getByText('Joining is closed. Ask the host to open it.')),
  );
  await press(button('Open joining'), isShown(button('Close joining')));
  await expectShown(wall.getByText('Join code'));
  await joinAs(late, 'Dan');
}

/** Moves the host key to another browser, which then has the session. */
async function enterOnAnotherDevice(cockpit: Page, code: string, app: WebApp): Promise<void> {
  const home = await cockpit.context().newPage();
  await home.goto('about:blank');
  await home.goto(new URL('/', cockpit.url()).href);
  await home.getByText('Your host key').click();
  const hostKey = await home.getByLabel('Host key of this browser').inputValue();
  await home.close();

  const other = await (await app.newDevice()).open('/');
  await other.getByText('Your host key').click();
  await other.getByLabel('Host key from another browser').fill(hostKey);
  await other.getByRole('button', { name: 'Use this key' }).click();
  await press(other.getByRole('button', { name: code }), isShown(questionIn(other, EXAM)));
  await expectShown(other.getByRole('button', { name: 'Extend' }));
}

async function exportAndEnd(cockpit: Page, cleo: Page, wall: Page): Promise<void> {
  for (const format of ['CSV', 'JSON']) {
    const [download] = await Promise.all([
      cockpit.waitForEvent('download'),
      cockpit.getByRole('button', { name: `Export ${format}` }).click(),
    ]);
    const text = await readFile(await download.path(), 'utf8');
    for (const body of [EXAM, LATE]) expect(text).toContain(body);
  }
  await confirm(cockpit, 'End', 'Yes, end it', cockpit.getByText('Ended', { exact: true }));
  await expectShown(
    cleo.getByText('This session has ended. Thank you for your questions.'),
    wall.getByText('This session has ended.'),
  );
}

/** Presses a button that asks once, and confirms, until an element is shown. */
async function confirm(page: Page, name: string, yes: string, shown: Locator): Promise<void> {
  const refusal = page.getByText('The server does not respond.');
  await page.getByRole('button', { name, exact: true }).click();
  await page.getByRole('button', { name: yes }).click();
  await expectShown(shown.or(refusal));
  if (await refusal.isVisible()) await confirm(page, name, yes, shown);
}

/** Whether each page shows the same questions, people, fields and states after a reload. */
async function expectSameAfterReload(pages: readonly Page[]): Promise<void> {
  await Promise.all(
    pages.map(async (page) => {
      // The state that a draft is in is not sent anywhere.
      const draft = page.getByLabel('Your question');
      if (await draft.isVisible()) await draft.fill('A draft');
      const before = await contentOf(page);
      expect(before).not.toEqual([]);
      await page.reload();
      await expect.poll(() => contentOf(page), { timeout: 60_000 }).toEqual(before);
    }),
  );
}

async function contentOf(page: Page): Promise<unknown> {
  return await page.evaluate(`[...document.querySelectorAll('h1, li, button, .note, .code, textarea, input')]
    .filter((each) => each.checkVisibility())
    .map((each) => [each.value || each.innerText, each.checked, each.ariaPressed])`);
}
