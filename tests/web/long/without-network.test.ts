import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { hasBrowser } from '../../src/browser.ts';
import { clientOf } from '../../src/client.ts';
import { startTcpProxy } from '../../src/proxies.ts';
import { PHONE, startWebApp, type WebApp } from '../../src/web-app.ts';
import {
  ask,
  expectGone,
  expectShown,
  joinAs,
  questionIn,
  questionsOn,
} from '../../src/web-pages.ts';

const OFFLINE = 'No connection. Ask as usual: your question is sent when the network is back.';
const UNSENT = 'Not sent yet';
const WITHOUT_NETWORK_MS = 30_000;

describe.skipIf(!hasBrowser)('without network (skipped where no Chromium is installed)', () => {
  let app: WebApp;
  beforeAll(async () => {
    app = await startWebApp();
  });
  afterAll(() => app?.[Symbol.asyncDispose]());

  /** A started session, and a student who uses the API. */
  async function startLesson(hostDisplayName: string) {
    const anyone = clientOf(app);
    const { code, hostToken } = await anyone.sessions.create.mutate({
      title: 'Algebra I',
      hostDisplayName,
    });
    const host = clientOf(app, hostToken);
    await host.sessions.start.mutate({ code });
    const { participantToken } = await anyone.sessions.join.mutate({ code, displayName: 'Cleo' });
    return { code, host, cleo: clientOf(app, participantToken) };
  }
  const stored = (body: string) =>
    app.database.db.selectFrom('questions').where('body', '=', body).select('id').execute();

  test('a phone that loses its network sends its question once, and shows all that it has missed', async () => {
    const { code, host, cleo } = await startLesson('Ada');
    const device = await app.newDevice(PHONE);
    const phone = await device.open(`/j/${code}`);
    await joinAs(phone, 'Ben');
    const before = await cleo.questions.submit.mutate({ code, body: 'Before' });
    await expectShown(questionIn(phone, 'Before'));

    await device.context.setOffline(true);
    await expectShown(phone.getByText(OFFLINE));
    await ask(phone, 'Queued');
    await expectShown(phone.locator('.unsent', { hasText: 'Queued' }).getByText(UNSENT));
    const bodies = Array.from({ length: 2 }, (_, index) => `Missed ${index}`);
    for (const body of bodies) await cleo.questions.submit.mutate({ code, body });
    await host.questions.setStatus.mutate({ questionId: before.id, status: 'answered' });
    expect(await stored('Queued')).toEqual([]);

    await device.context.setOffline(false);
    await expectGone(phone.getByText(OFFLINE), phone.getByText(UNSENT));
    await expectShown(questionIn(phone, 'Before').getByText('Answered'));
    await expect.poll(() => questionsOn(phone)).toEqual([...bodies, 'Queued', 'Before']);
    expect(await stored('Queued')).toHaveLength(1);
    await app.expectNoFault();
  });

  test.each(['the browser knows', 'no packet passes'])(
    '30 s without network: the page says so, keeps the question, and misses nothing (%s)',
    async (kind) => {
      const proxy = await startTcpProxy(app.url);
      onTestFinished(() => proxy[Symbol.asyncDispose]());
      const { code, host, cleo } = await startLesson(`Ms ${kind}`);
      const device = await app.newDevice(PHONE, proxy.url.replace(/\/$/, ''));
      const phone = await device.open(`/j/${code}`);
      await joinAs(phone, 'Ben');
      await cleo.questions.submit.mutate({ code, body: 'Before' });
      await expectShown(questionIn(phone, 'Before'));
      const setNetwork = async (isOn: boolean) => {
        // Chromium's offline mode alone lets open streams go on.
        if (isOn) proxy.cut();
        proxy.setHanging(!isOn);
        if (kind === 'the browser knows') await device.context.setOffline(!isOn);
      };

      await setNetwork(false);
      const isBack = sleep(WITHOUT_NETWORK_MS);
      const queued = `Queued: ${kind}`;
      await ask(phone, queued);
      const missed = await cleo.questions.submit.mutate({ code, body: 'Missed' });
      await host.questions.vote.mutate({ questionId: missed.id, on: true });
      await expectShown(phone.locator('.unsent', { hasText: queued }).getByText(UNSENT));
      await expectShown(phone.getByText(OFFLINE));
      await isBack;
      expect(await stored(queued)).toEqual([]);
      expect(await questionsOn(phone)).toEqual(['Before']);

      await setNetwork(true);
      await expectGone(phone.getByText(OFFLINE), phone.getByText(UNSENT));
      await expect.poll(() => questionsOn(phone)).toEqual(['Missed', 'Before', queued]);
      await expectShown(questionIn(phone, 'Missed').getByText('1 vote'));
      await expectShown(phone.getByText('1 of 3 open'));
      expect(await stored(queued)).toHaveLength(1);
      await cleo.questions.submit.mutate({ code, body: 'After' });
      await expectShown(questionIn(phone, 'After'));
    },
  );

  test('a question that is queued in a closed page is sent once by the next page', async () => {
    const { code } = await startLesson('Grace');
    const device = await app.newDevice(PHONE);
    const phone = await device.open(`/j/${code}`);
    await joinAs(phone, 'Ben');
    await device.context.setOffline(true);
    await expectShown(phone.getByText(OFFLINE));
    await ask(phone, 'Queued and closed');
    await phone.getByLabel('Your question').fill('A draft');
    await phone.close();

    await device.context.setOffline(false);
    const again = await device.open(`/j/${code}`);
    await expectShown(questionIn(again, 'Queued and closed'));
    expect(await again.getByLabel('Your question').inputValue()).toBe('A draft');
    await again.reload();
    await expectShown(questionIn(again, 'Queued and closed'), again.getByText('1 of 3 open'));
    expect(await stored('Queued and closed')).toHaveLength(1);
  });

  test('a question whose response is lost is stored once', async () => {
    const proxy = await startTcpProxy(app.url);
    onTestFinished(() => proxy[Symbol.asyncDispose]());
    const { code } = await startLesson('Emmy');
    const device = await app.newDevice(PHONE, proxy.url.replace(/\/$/, ''));
    const phone = await device.open(`/j/${code}`);
    await joinAs(phone, 'Ben');
    await expectShown(phone.getByRole('heading', { name: 'Algebra I' }));

    proxy.loseResponses(3);
    await ask(phone, 'Once?');
    await expectShown(questionIn(phone, 'Once?'), phone.getByText('1 of 3 open'));
    await expectGone(phone.getByText(UNSENT));
    expect(proxy.toLose()).toBe(0);
    expect(await stored('Once?')).toHaveLength(1);
  });
});
