import { execFile } from 'node:child_process';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { createTestDatabase } from '@classroom/db/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { printed, startApi } from '@classroom/api/start';
import { codeBlocks } from '../src/code-blocks.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const run = promisify(execFile);
const read = (file: string) => readFile(path.join(ROOT, file), 'utf8');
const readme = await read('README.md');
const manifest = z.object({ scripts: z.record(z.string(), z.string()) });

async function pages(): Promise<string[]> {
  const below = await readdir(path.join(ROOT, 'docs'), { recursive: true });
  const docs = below.filter((file) => file.endsWith('.md')).map((file) => path.join('docs', file));
  const packages = ['client', 'db', 'embedded-postgres', 'schema'];
  const readmes = ['apps/api', 'apps/web', ...packages.map((name) => `packages/${name}`)].map(
    (directory) => `${directory}/README.md`,
  );
  return ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...readmes, ...docs];
}

test('the first screen has both commands, word for word', () => {
  const screen = readme.split('\n').slice(0, 24).join('\n');
  expect(screen).toContain('\nnpx --yes pnpm@12.21.0 start\n');
  expect(screen).toContain('\nnpx --yes pnpm@12.21.0 test\n');
});

test('the transcript has the address to open and the curl command that the server prints', async () => {
  await using database = await createTestDatabase();
  await using api = await startApi({ DATABASE_URL: database.url });
  for (const pattern of [/^(Open .+)\n/m, /^(curl .+)\n/m]) {
    const line = await printed(api, pattern);
    expect(readme).toContain(`\n${line.replace(api.url, 'http://127.0.0.1:3000')}\n`);
  }
});

test('the sample of the typed client prints that the session has ended', async () => {
  await using database = await createTestDatabase();
  await using api = await startApi({ DATABASE_URL: database.url });
  const [sample = ''] = codeBlocks(readme, 'ts');
  const file = path.join(import.meta.dirname, 'readme-sample.generated.ts');
  onTestFinished(() => rm(file));
  await writeFile(file, sample.replaceAll('http://127.0.0.1:3000', api.url));
  // A busy server may refuse a call of the sample.
  await expect
    .poll(async () => (await run(process.execPath, [file])).stdout, { timeout: 120_000 })
    .toBe('No such session, or it has ended.\n');
});

describe('links', () => {
  test('lead to existing files and headings', async () => {
    const broken: string[] = [];
    for (const page of await pages()) {
      for (const [, target = ''] of (await read(page)).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
        const [file = '', heading] = target.split('#');
        const linked = file === '' ? page : path.join(path.dirname(page), file);
        const text = await readIfExists(linked);
        const leads = text !== undefined && (heading === undefined || hasHeading(text, heading));
        if (!leads) broken.push(`${page}: ${target}`);
      }
    }
    expect(broken).toEqual([]);
  });
});

/** The text of a file, or an empty text for a directory. */
async function readIfExists(linked: string): Promise<string | undefined> {
  const file = path.join(ROOT, linked);
  return await stat(file).then(
    (found) => (found.isDirectory() ? '' : readFile(file, 'utf8')),
    () => undefined,
  );
}

function hasHeading(page: string, anchor: string): boolean {
  return [...page.matchAll(/^#+ (.+)$/gm)].some(
    ([, title = '']) => title.toLowerCase().replaceAll(' ', '-').replaceAll('`', '') === anchor,
  );
}

test('every pnpm command on the pages is a script of the root package', async () => {
  const { scripts } = manifest.parse(JSON.parse(await read('package.json')));
  const known = new Set([...Object.keys(scripts), 'install', 'audit']);
  const unknown: string[] = [];
  for (const page of await pages()) {
    for (const [, name = ''] of (await read(page)).matchAll(/\bpnpm(?:@[\d.]+)? ([a-z][\w:]*)/g)) {
      if (!known.has(name)) unknown.push(`${page}: pnpm ${name}`);
    }
  }
  expect(unknown).toEqual([]);
});
