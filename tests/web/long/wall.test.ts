import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser } from '../../src/browser.ts';
import { clientOf } from '../../src/client.ts';
import { startWebApp, type WebApp } from '../../src/web-app.ts';
import { expectShown, isShown, openSession, press, questionsOn } from '../../src/web-pages.ts';

/** Collects the questions that an animation moves, looking before each frame. */
const WATCH = `
  globalThis.moved = new Set();
  const look = () => {
    for (const { effect } of document.getAnimations()) {
      const moves = effect.getKeyframes().some(({ transform }) => /^translateY\\(-?[1-9]/.test(transform));
      const body = effect.target.querySelector('.body');
      if (moves && body !== null) moved.add(body.textContent);
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
`;

/** The questions that have moved until the second frame from now. */
const movedOn = async (wall: Page): Promise<unknown> =>
  await wall.evaluate(
    `new Promise((resolve) =>
      requestAnimationFrame(() => requestAnimationFrame(() => resolve([...moved].sort()))))`,
  );

describe.skipIf(!hasBrowser)('the wall (skipped where no Chromium is installed)', () => {
  let app: WebApp;
  beforeAll(async () => {
    app = await startWebApp();
  });
  afterAll(() => app?.[Symbol.asyncDispose]());

  test('questions move to their new places, but not where the system asks for reduced motion', async () => {
    const anyone = clientOf(app);
    const { code, hostToken } = await anyone.sessions.create.mutate({
      title: 'Algebra I',
      hostDisplayName: 'Ada',
    });
    const host = clientOf(app, hostToken);
    await host.sessions.start.mutate({ code });
    const first = await host.questions.submit.mutate({ code, body: 'First' });
    const second = await host.questions.submit.mutate({ code, body: 'Second' });

    const openWall = async (reducedMotion: 'reduce' | 'no-preference') => {
      const { context, open } = await app.newDevice({ reducedMotion });
      await context.addInitScript(
        `localStorage.setItem('classroom:${code}:host-token', '${hostToken}')`,
      );
      const wall = await open(`/wall/${code}`);
      const tryAgain = wall.getByRole('button', { name: 'Try again' });
      await expectShown(wall.getByText('Second').or(tryAgain));
      if (await tryAgain.isVisible()) await press(tryAgain, isShown(wall.getByText('Second')));
      await wall.evaluate(WATCH);
      return wall;
    };
    const smooth = await openWall('no-preference');
    const still = await openWall('reduce');
    await host.questions.vote.mutate({ questionId: second.id, on: true });
    for (const wall of [smooth, still]) {
      await expect.poll(() => questionsOn(wall)).toEqual(['Second', 'First']);
    }
    expect(await movedOn(smooth)).toEqual(['First', 'Second']);
    expect(await movedOn(still)).toEqual([]);

    await host.questions.setStatus.mutate({ questionId: second.id, status: 'answered' });
    await host.questions.pin.mutate({ questionId: first.id, on: true });
    for (const wall of [smooth, still]) {
      await expect.poll(() => questionsOn(wall)).toEqual(['First', 'Second']);
    }
    expect(await movedOn(still)).toEqual([]);
  });

  test('a wall whose server refuses the call says so, and opens when it is tried again', async () => {
    const device = await app.newDevice();
    const cockpit = await device.open('/');
    const code = await openSession(cockpit, 'Algebra II', 'Grace');
    await device.context.route('**/trpc/sessions.createPairingCode*', (route) =>
      route.fulfill({ status: 503, body: '' }),
    );
    const link = cockpit.getByRole('link', { name: 'Open the wall' });
    const [wall] = await Promise.all([device.context.waitForEvent('page'), link.click()]);
    await expectShown(wall.getByText('The server does not respond.'));
    await device.context.unroute('**/trpc/sessions.createPairingCode*');
    await press(wall.getByRole('button', { name: 'Try again' }), isShown(wall.getByText(code)));
    await expectShown(wall.getByText('Algebra II'));
  });

  test('a name, a title and questions without spaces make no page wider than its screen', async () => {
    const anyone = clientOf(app);
    const { code, hostToken } = await anyone.sessions.create.mutate({
      title: 'T'.repeat(200),
      hostDisplayName: 'H'.repeat(100),
    });
    const host = clientOf(app, hostToken);
    await host.sessions.start.mutate({ code });
    const { participantToken } = await anyone.sessions.join.mutate({
      code,
      displayName: 'W'.repeat(100),
    });
    const body = 'x'.repeat(280);
    await clientOf(app, participantToken).questions.submit.mutate({ code, body });
    const tokens = { host: hostToken, participant: participantToken };
    const viewport = { width: 320, height: 568 };
    for (const locale of ['en-GB', 'de-DE']) {
      const { context, open } = await app.newDevice({ locale, viewport, isMobile: true });
      for (const [seat, token] of Object.entries(tokens)) {
        await context.addInitScript(
          `localStorage.setItem('classroom:${code}:${seat}-token', '${token}')`,
        );
      }
      for (const path of ['/', `/j/${code}`, `/host/${code}`, `/wall/${code}`]) {
        const page = await open(path);
        await expectShown(page.getByText(path === '/' ? 'Classroom' : body));
        // A mobile browser zooms out to show a page that is too wide.
        expect(await page.evaluate('innerWidth'), path).toBe(320);
      }
    }
  });
});
