import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser } from '../../src/browser.ts';
import { PHONE, startWebApp, type WebApp } from '../../src/web-app.ts';
import {
  ask,
  confirm,
  expectGone,
  expectShown,
  formOf,
  isGone,
  isShown,
  joinAs,
  moderate,
  openSession,
  openWall,
  press,
  questionIn,
  questionsOn,
} from '../../src/web-pages.ts';

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

  test('students join, ask and vote, the teacher moderates, and every page survives a reload at every step', async () => {
    const teacher = await app.newDevice();
    const cockpit = await teacher.open('/');
    const code = await openSession(cockpit, TITLE);
    await expectShown(cockpit.getByRole('heading', { name: TITLE }));
    await expectShown(cockpit.getByText('Nobody has joined yet.'));
    await expectSameAfterReload([cockpit]);
    const ben = await joinByLink(cockpit, phone);
    await expectShown(cockpit.getByText(BEN));
    await expectSameAfterReload([cockpit, ben]);
    const cleo = await phone('/');
    await formOf(cleo, 'Join a session').getByLabel('Join code').fill(` ${code.toLowerCase()} `);
    await joinAs(cleo, 'Cleo');
    const wall = await openWall(teacher, cockpit);
    await expectShown(
      wall.getByRole('img', { name: 'QR code to join' }),
      wall.getByText(code),
      wall.getByText('3 people are in'),
      wall.getByRole('heading', { name: TITLE }),
      cockpit.getByText('Cleo'),
      cockpit.getByText('Projector, since'),
    );

    const lesson: Lesson = { cockpit, ben, cleo, wall, pages: [cockpit, ben, cleo, wall] };
    await expectSameAfterReload(lesson.pages);
    for (const step of [start, ...QUESTIONS, ...MODERATION, ...APPROVAL, mute, end, exportCsv]) {
      console.log(step.name);
      await step(lesson);
      await expectSameAfterReload(lesson.pages);
    }
    for (const page of lesson.pages) expect(await page.locator('img[src="x"]').count()).toBe(0);
    await app.expectNoFault();
  });
});

interface Lesson {
  cockpit: Page;
  ben: Page;
  cleo: Page;
  wall: Page;
  pages: Page[];
}

/** Each step ends when all pages show its effect. */
type Step = (lesson: Lesson) => Promise<void>;

/** Opens the link that the cockpit shows, as a student would type it. */
async function joinByLink(cockpit: Page, phone: (path: string) => Promise<Page>): Promise<Page> {
  await expectShown(cockpit.getByRole('img', { name: 'QR code to join' }));
  const link = new URL(`http://${(await cockpit.locator('.join .url').textContent()) ?? ''}`);
  const page = await phone(link.pathname);
  expect(page.url()).toBe(link.href);
  await joinAs(page, BEN);
  return page;
}

async function start({ cockpit, ben, cleo }: Lesson): Promise<void> {
  const drafts = [ben, cleo].map((page) => page.getByText('The host has not started yet.'));
  await expectShown(...drafts);
  await press(
    cockpit.getByRole('button', { name: 'Start' }),
    isShown(cockpit.getByText('Live', { exact: true })),
  );
  await expectGone(...drafts);
}

const QUESTIONS: Step[] = [
  async function askWithName({ ben, pages }) {
    await ben.getByLabel('Your question').fill('Why?');
    await expectShown(ben.getByText('276 left'), ben.getByText('0 of 3 open'));
    await ask(ben, WHY);
    await expectShown(ben.getByText('1 of 3 open'), ben.getByText('280 left'));
    await expectShown(...pages.map((page) => questionIn(page, WHY).getByText(BEN)));
  },
  async function askAnonymously({ cleo, pages }) {
    await cleo.getByLabel('Ask anonymously').check();
    await ask(cleo, EXAM);
    await expectShown(cleo.getByText('1 of 3 open'));
    await expectShown(...pages.map((page) => questionIn(page, EXAM).getByText('Anonymous')));
  },
  async function vote({ ben, wall, pages }) {
    const button = questionIn(ben, EXAM).getByRole('button', { name: 'Vote' });
    await press(button, isShown(questionIn(wall, EXAM).getByText('1 vote')));
    expect(await button.getAttribute('aria-pressed')).toBe('true');
    await expect.poll(() => questionsOn(wall)).toEqual([EXAM, WHY]);
    await expectShown(...pages.map((page) => questionIn(page, EXAM).getByText('1 vote')));
  },
  async function withdraw({ ben, pages }) {
    const button = questionIn(ben, WHY).getByRole('button', { name: 'Withdraw' });
    await press(button, isGone(button));
    await expectShown(ben.getByText('0 of 3 open'));
    await expectGone(...pages.map((page) => questionIn(page, WHY)));
  },
  async function askAgain({ ben, pages }) {
    await ask(ben, WHY);
    await expectShown(ben.getByText('1 of 3 open'));
    await expectShown(...pages.map((page) => questionIn(page, WHY)));
  },
];

const badges = (pages: Page[], text: string) =>
  pages.map((page) => questionIn(page, WHY).getByText(text, { exact: true }));

const MODERATION: Step[] = [
  async function pin({ cockpit, pages }) {
    await moderate(cockpit, WHY, 'Pin', 'Unpin');
    await expectShown(...badges(pages, 'Pinned'));
  },
  async function answer({ cockpit, ben, pages }) {
    await moderate(cockpit, WHY, 'Answer', 'Reopen');
    await expectShown(...badges(pages, 'Answered'), ben.getByText('0 of 3 open'));
  },
  async function hide({ cockpit, ben, cleo, wall }) {
    await moderate(cockpit, WHY, 'Hide', 'Show');
    await expectGone(...[ben, cleo, wall].map((page) => questionIn(page, WHY)));
  },
  async function show({ cockpit, pages }) {
    await moderate(cockpit, WHY, 'Show', 'Answer');
    await expectShown(...badges(pages, 'Pinned'));
  },
  async function unpin({ cockpit, pages }) {
    await moderate(cockpit, WHY, 'Unpin', 'Pin');
    await expectGone(...badges(pages, 'Pinned'));
  },
];

const APPROVAL: Step[] = [
  async function approveFirst({ cockpit, ben, cleo }) {
    const notice = 'The host approves questions before everybody sees them.';
    await press(cockpit.getByLabel('Approve questions first'), isShown(ben.getByText(notice)));
    await expectShown(cleo.getByText(notice));
  },
  async function wait({ cockpit, ben, cleo, wall }) {
    await ask(cleo, LATE);
    await expectShown(questionIn(cleo, LATE).getByText('Waiting for approval'));
    await expectShown(questionIn(cockpit, LATE), cleo.getByText('2 of 3 open'));
    for (const page of [ben, wall]) expect(await questionsOn(page)).not.toContain(LATE);
  },
  async function approve({ cockpit, cleo, pages }) {
    await moderate(cockpit, LATE, 'Approve', 'Answer');
    await expectShown(...pages.map((page) => questionIn(page, LATE)));
    await expectGone(questionIn(cleo, LATE).getByText('Waiting for approval'));
  },
];

async function mute({ cockpit, cleo }: Lesson): Promise<void> {
  await moderate(cockpit, LATE, 'Mute author', 'Unmute');
  await ask(cleo, 'Hello?');
  await expectShown(cleo.getByText('The host has paused your questions.'));
  expect(await cleo.getByLabel('Your question').inputValue()).toBe('Hello?');
}

async function end({ cockpit, ben, cleo, wall }: Lesson): Promise<void> {
  await confirm(cockpit, 'End', 'Yes, end it', cockpit.getByText('Ended', { exact: true }));
  const thanks = 'This session has ended. Thank you for your questions.';
  await expectShown(ben.getByText(thanks), cleo.getByText(thanks), wall.getByText('has ended.'));
  await expectGone(cockpit.getByRole('button', { name: 'Answer' }));
}

async function exportCsv({ cockpit }: Lesson): Promise<void> {
  const [download] = await Promise.all([
    cockpit.waitForEvent('download'),
    cockpit.getByRole('button', { name: 'Export CSV' }).click(),
  ]);
  const text = await readFile(await download.path(), 'utf8');
  for (const body of [WHY, EXAM, LATE]) expect(text).toContain(body);
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
