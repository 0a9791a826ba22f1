import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser } from '../../src/browser.ts';
import { PHONE, startWebApp, type WebApp } from '../../src/web-app.ts';
import {
  ask,
  confirm,
  expectShown,
  formOf,
  isGone,
  isShown,
  joinAs,
  openSession,
  openWall,
  press,
  questionIn,
} from '../../src/web-pages.ts';

const EXAM = 'Will this be in the exam?';
const LATE = 'May I ask late?';

describe.skipIf(!hasBrowser)('the cockpit (skipped where no Chromium is installed)', () => {
  let app: WebApp;
  beforeAll(async () => {
    app = await startWebApp();
  });
  afterAll(() => app?.[Symbol.asyncDispose]());

  const phone = async (path: string): Promise<Page> =>
    await (await app.newDevice(PHONE)).open(path);

  test('the teacher removes and blocks, closes joining, moves to another browser, exports, ends and deletes', async () => {
    const teacher = await app.newDevice();
    const cockpit = await teacher.open('/');
    const code = await openSession(cockpit, 'Algebra II', 'Grace');
    const [ben, cleo] = await Promise.all([phone(`/j/${code}`), phone(`/j/${code}`)]);
    await joinAs(ben, 'Ben');
    await joinAs(cleo, 'Cleo');
    for (const body of [EXAM, LATE]) {
      await ask(cleo, body);
      await expectShown(questionIn(cockpit, body));
    }
    const wall = await openWall(teacher, cockpit);
    await removeAndBlock(cockpit, ben);
    await closeJoining(cockpit, wall, await phone(`/j/${code}`));
    await enterOnAnotherDevice(cockpit, code, app);
    await exportAndEnd(cockpit, cleo, wall);
    for (const page of [cockpit, cleo, wall]) {
      await page.reload();
      await expectShown(questionIn(page, EXAM), page.getByText(/has ended|^Ended$/));
    }

    await confirm(cockpit, 'Delete', 'Yes, delete it', formOf(cockpit, 'Open a session'));
    for (const page of [cleo, wall]) {
      // As when somebody comes back to the tab.
      await page.evaluate(`dispatchEvent(new Event('visibilitychange'))`);
      await expectShown(page.getByText('This session does not exist any more.'));
    }
    await cleo.reload();
    await expectShown(cleo.getByRole('button', { name: 'Join again' }));
    await app.expectNoFault();
  });
});

async function removeAndBlock(cockpit: Page, ben: Page): Promise<void> {
  const row = cockpit.getByRole('listitem').filter({ has: cockpit.getByText('Ben') });
  const button = (name: string) => row.getByRole('button', { name, exact: true });
  const gone = ben.getByText('You are no longer in this session.');
  const again = ben.getByRole('button', { name: 'Join again' });
  await press(button('Remove'), isShown(gone));
  await again.tap();
  await joinAs(ben, 'Ben');
  await press(button('Block'), isShown(gone));
  await again.tap();
  const form = formOf(ben, 'Join a session');
  await form.getByLabel('Your name').fill('Ben');
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
