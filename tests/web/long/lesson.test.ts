import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser } from '../../src/browser.ts';
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
} from '../../src/web-app.ts';

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

  test('students join, ask and vote, the teacher moderates, and every page survives reloads', async () => {
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
