// Plays a lesson, and writes the pictures of the web app in docs/images.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { liveSession } from '@classroom/client';
import { startApi } from '@classroom/api/start';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { openBrowser } from './browser.ts';
import { clientOf } from './client.ts';

const IMAGES = path.resolve(import.meta.dirname, '../../docs/images');

/** The author, the question, and how many vote for it. */
const QUESTIONS: [string, string, number][] = [
  ['Ben', 'Why does the order of two rotations matter, but not of two shifts?', 9],
  ['', 'Will this be in the exam?', 14],
  ['Dan', 'How many symmetries does a cube have, and how do we count them?', 11],
  ['Eve', 'Is there a group with exactly 15 elements that is not cyclic?', 6],
  ['Finn', 'Could you show the last step again?', 4],
  ['Gita', 'What is the smallest group in which ab is not ba?', 3],
];
const NAMES = `Ben Cleo Dan Eve Finn Gita Hugo Ines Jun Kaya Lea Milo Nora Otis Pia Quin`.split(
  ' ',
);

const dataDir = await mkdtemp(path.join(tmpdir(), 'classroom-screenshots-'));
try {
  await using api = await startApi({
    DATA_DIR: dataDir,
    PUBLIC_URL: 'https://class.example',
    LOG_LEVEL: 'error',
  });
  const browser = await openBrowser();
  try {
    await takePictures(browser, api.url);
  } finally {
    await browser.close();
  }
} finally {
  await rm(dataDir, { recursive: true, force: true });
}

async function takePictures(browser: Browser, url: string): Promise<void> {
  const lesson = await playLesson(url);
  const { code } = lesson;
  const open = async (
    seat: string,
    token: string,
    address: string,
    options: BrowserContextOptions,
  ): Promise<Page> => {
    const context = await browser.newContext({
      locale: 'en-GB',
      reducedMotion: 'reduce',
      ...options,
    });
    const key = `classroom:${code}:${seat}-token`;
    await context.addInitScript(`localStorage.setItem('${key}', '${token}')`);
    const page = await context.newPage();
    await page.goto(`${url}/${address}/${code}`);
    await page.getByText('Will this be in the exam?').waitFor();
    return page;
  };
  const phone = await open('participant', lesson.student, 'j', {
    viewport: { width: 390, height: 780 },
    isMobile: true,
    hasTouch: true,
  });
  const cockpit = await open('host', lesson.host, 'host', {
    viewport: { width: 1280, height: 800 },
  });
  await cockpit.getByText(`${NAMES.length + 1} people here`).waitFor();
  const wall = await open('viewer', lesson.wall, 'wall', {
    viewport: { width: 1280, height: 720 },
  });
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [name, page] of Object.entries({ phone, cockpit, wall })) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: path.join(IMAGES, `${name}-${colorScheme}.png`) });
    }
  }
  for (const stop of lesson.listening) stop();
}

/** Returns the code, and the tokens of the host, of a student and of the wall. */
async function playLesson(url: string) {
  const anyone = clientOf({ url });
  const { code, hostToken } = await anyone.sessions.create.mutate({
    title: 'Symmetry and groups',
    hostDisplayName: 'Ms Noether',
  });
  const host = clientOf({ url }, hostToken);
  await host.sessions.start.mutate({ code });
  const tokens = new Map<string, string>();
  for (const displayName of NAMES) {
    const joined = await anyone.sessions.join.mutate({ code, displayName });
    tokens.set(displayName, joined.participantToken);
  }
  // A page of each student listens.
  const listening = [...tokens.values()].map((token) =>
    liveSession(clientOf({ url }, token), { code }).subscribe(() => {}),
  );
  const as = (name: string) => clientOf({ url }, tokens.get(name));

  const ids: number[] = [];
  for (const [author, body, votes] of QUESTIONS) {
    const asking = author === '' ? 'Cleo' : author;
    const { id } = await as(asking).questions.submit.mutate({
      code,
      body,
      anonymous: author === '',
    });
    ids.push(id);
    const voters = [...tokens.keys()].filter((name) => name !== asking).slice(0, votes);
    for (const name of voters) await as(name).questions.vote.mutate({ questionId: id, on: true });
  }
  const [pinned, , , answered] = ids;
  if (pinned !== undefined) await host.questions.pin.mutate({ questionId: pinned, on: true });
  if (answered !== undefined) {
    await host.questions.setStatus.mutate({ questionId: answered, status: 'answered' });
  }
  const { pairingCode } = await host.sessions.createPairingCode.mutate({ code, role: 'viewer' });
  const { token } = await anyone.sessions.redeemPairingCode.mutate({ code, pairingCode });
  return { code, host: hostToken, student: tokens.get('Ben') ?? '', wall: token, listening };
}
