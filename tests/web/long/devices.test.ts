import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser } from '../../src/browser.ts';
import { LAPTOP, PHONE, startWebApp, type WebApp } from '../../src/web-app.ts';
import {
  ask,
  expectGone,
  expectShown,
  isGone,
  isShown,
  joinAs,
  openSession,
  openWall,
  press,
  questionIn,
} from '../../src/web-pages.ts';

describe.skipIf(!hasBrowser)('devices (skipped where no Chromium is installed)', () => {
  let app: WebApp;
  beforeAll(async () => {
    app = await startWebApp();
  });
  afterAll(() => app?.[Symbol.asyncDispose]());

  test('a paired moderator approves questions, in German, and cannot end the session', async () => {
    const cockpit = await (await app.newDevice()).open('/');
    const code = await openSession(cockpit, 'Algebra I');
    const ben = await (await app.newDevice(PHONE)).open(`/j/${code}`);
    await joinAs(ben, 'Ben');
    await press(
      cockpit.getByLabel('Approve questions first'),
      isShown(ben.getByText('The host approves questions')),
    );
    await ask(ben, 'Why?');
    await cockpit.getByLabel('Role').selectOption('Moderator');
    await press(
      cockpit.getByRole('button', { name: 'Add a device' }),
      isShown(cockpit.getByRole('img', { name: 'QR code to pair a device' })),
    );
    const pairingCode = (await cockpit.locator('.pairing .code').textContent()) ?? '';

    const device = await app.newDevice({ ...LAPTOP, locale: 'de-DE' });
    const page = await device.open(`/pair/${code}#${pairingCode}`);
    await expectShown(page.getByRole('heading', { name: 'Dieses Gerät koppeln' }));
    expect(page.url(), 'the pairing code has left the address bar').not.toContain(pairingCode);
    expect(await page.locator('html').getAttribute('lang')).toBe('de');
    const question = questionIn(page, 'Why?');
    await press(page.getByRole('button', { name: 'Koppeln' }), isShown(question));
    await press(
      question.getByRole('button', { name: 'Freigeben' }),
      isShown(question.getByRole('button', { name: 'Beantworten' })),
    );
    await expectGone(ben.getByText('Waiting for approval'));
    for (const name of ['Beenden', 'Beginnen', 'Verlängern', 'Löschen', 'Gerät hinzufügen']) {
      expect(await page.getByRole('button', { name, exact: true }).count(), name).toBe(0);
    }

    await page.reload();
    await expectShown(questionIn(page, 'Why?'));
    const row = cockpit.getByRole('listitem').filter({ hasText: 'Moderator, since' });
    await press(row.getByRole('button', { name: 'Revoke' }), isGone(row));
    await expectShown(page.getByText('Du bist nicht mehr in dieser Sitzung'));
  });

  test('a server without PUBLIC_URL says how phones can join, and shows no QR code', async () => {
    await using loopback = await startWebApp({ PUBLIC_URL: '' });
    const device = await loopback.newDevice();
    const cockpit = await device.open('/');
    await openSession(cockpit, 'Algebra I');
    const wall = await openWall(device, cockpit);
    for (const page of [cockpit, wall]) {
      await expectShown(page.getByText('start with HOST=0.0.0.0 so that phones can join'));
      expect(await page.getByRole('img', { name: 'QR code to join' }).count()).toBe(0);
    }
  });
});
