import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { startApi } from '@classroom/api/start';
import { createTestDatabase } from '@classroom/db/testing';
import { expect, onTestFinished, test } from 'vitest';
import { hasBrowser, openBrowser, servePage } from '../src/browser.ts';
import { codeBlocks } from '../src/code-blocks.ts';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '../..');
const readme = await readFile(path.join(ROOT, 'packages/client/README.md'), 'utf8');
const [create = '', hosts = '', fail = '', ...modules] = codeBlocks(readme, 'ts');
const [live = '', ...components] = codeBlocks(readme, 'tsx');
const rootReadme = await readFile(path.join(ROOT, 'README.md'), 'utf8');

/** For a busy machine. */
const TIMEOUT_MS = 180_000;
const SAMPLE_URL = 'http://127.0.0.1:3000';
const TSCONFIG = {
  extends: '../../../tsconfig.base.json',
  compilerOptions: {
    jsx: 'react-jsx',
    lib: ['es2024', 'dom', 'dom.iterable'],
    module: 'esnext',
    moduleResolution: 'bundler',
  },
  include: ['*.ts', '*.tsx'],
};

/** Writes files below `dist`, which Git and the linter ignore, until the end of the test. */
async function writeProject(files: Record<string, string>): Promise<string> {
  const dist = path.join(ROOT, 'tests/dist');
  await mkdir(dist, { recursive: true });
  const directory = await mkdtemp(path.join(dist, 'samples-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    await writeFile(path.join(directory, name), text);
  }
  return directory;
}

test('every sample compiles with the real types of React, TanStack Query and React Native', async () => {
  const numbered = (texts: string[], extension: string) =>
    texts.map((text, index) => [`${index}.${extension}`, text]);
  const samples = [
    ...numbered([create, hosts, fail, ...modules], 'ts'),
    ...numbered([live, ...components, ...codeBlocks(rootReadme, 'tsx')], 'tsx'),
  ];
  expect(samples).toHaveLength(10);
  const directory = await writeProject({
    ...Object.fromEntries(samples),
    'tsconfig.json': JSON.stringify(TSCONFIG),
  });
  const tsc = path.join(ROOT, 'node_modules/.bin/tsc');
  const { stdout } = await run(tsc, ['-p', directory]).catch((error: unknown) => ({
    stdout: String(error instanceof Error && 'stdout' in error ? error.stdout : error),
  }));
  expect(stdout).toBe('');
});

test('the live session in React takes less than 60 lines', () => {
  expect(live.trimEnd().split('\n').length).toBeLessThan(60);
});

test('the first samples run, also four times', async () => {
  await using database = await createTestDatabase();
  await using api = await startApi({ DATABASE_URL: database.url });
  const text = `${create}\n${fail.replace(/^import .+$/m, "import { reasonOf } from '@classroom/client';")}`;
  const directory = await writeProject({
    'sample.ts': text.replaceAll(SAMPLE_URL, api.url),
    'hosts.ts': hosts.replaceAll(SAMPLE_URL, api.url),
  });
  const output = async (file: string) =>
    (await run(process.execPath, [path.join(directory, file)])).stdout;
  let succeeded = 0;
  // A busy server may refuse a call of the sample.
  await expect
    .poll(
      async () => {
        const isSuccess =
          /^Students join with [^]+No open session/.test(await output('sample.ts')) &&
          /token of 43 characters/.test(await output('hosts.ts'));
        succeeded += Number(isSuccess);
        return succeeded;
      },
      { timeout: TIMEOUT_MS },
    )
    .toBe(4);
});

test.skipIf(!hasBrowser)(
  'the live session in React runs on a page of another origin (skipped where no Chromium is installed)',
  async () => {
    await using database = await createTestDatabase();
    await using api = await startApi({
      DATABASE_URL: database.url,
      CORS_ORIGINS: 'http://localhost:*',
    });
    const directory = await writeProject({
      'index.html': '<div id="root"></div><script type="module" src="./sample.tsx"></script>',
      'sample.tsx': live.replaceAll(SAMPLE_URL, api.url),
      'tsconfig.json': JSON.stringify(TSCONFIG),
    });
    await using served = await servePage(directory);
    const browser = await openBrowser();
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    page.setDefaultTimeout(TIMEOUT_MS);
    await page.goto(`http://localhost:${served.port}`);
    await page.getByText('Listening: 1').waitFor();
    await page.getByLabel('Question').fill('Why is minus times minus plus?');
    await page.getByText('Ask').click();
    const vote = page.locator('li', { hasText: 'Why is minus' }).getByRole('button');
    // A busy server may refuse a vote, which is not retried.
    const voted = async () => {
      if ((await vote.getAttribute('aria-pressed')) === 'false') await vote.click();
      return [await vote.getAttribute('aria-pressed'), await vote.textContent()];
    };
    await expect.poll(voted, { timeout: TIMEOUT_MS }).toEqual(['true', '1 votes']);
  },
);
