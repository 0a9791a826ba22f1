import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pageInput, sessionEvent } from '@classroom/schema';
import { expect, test } from 'vitest';
import { TYPESCRIPT_VERSIONS } from '../src/external-consumer/project.ts';
import { CLIENTS, LINKS } from '../src/trpc-clients.ts';

const page = await readFile(path.resolve(import.meta.dirname, '../../docs/api.md'), 'utf8');

test('the table of live events lists every type of the schema', () => {
  const [, section = ''] = /^## Live events\n([^]*?)^## /m.exec(page) ?? [];
  const documented = [...section.matchAll(/^\| `(\w+)` /gm)].map(([, type]) => type);
  const types = sessionEvent.options.map(({ shape }) => shape.type.value);
  expect(new Set(documented)).toEqual(new Set(['type', ...types]));
});

/** The rows of the table whose first column has this heading, without white space around cells. */
function tableOf(heading: string): string[][] {
  const [, text = ''] = new RegExp(`^(\\| ${heading} [^]*?)\n\n`, 'm').exec(page) ?? [];
  const rows = text.split('\n').map((line) => line.split('|').slice(1, -1));
  return rows.filter((_, index) => index !== 1).map((row) => row.map((cell) => cell.trim()));
}

test('the table of clients lists the tested versions and links', () => {
  const [header, ...rows] = tableOf('`@trpc/client`');
  expect(header?.slice(1)).toEqual(LINKS.map((link) => `\`${link}\``));
  expect(rows.map(([version]) => version)).toEqual([...CLIENTS.keys()]);
  const marks = LINKS.map(() => 'yes');
  for (const [, ...cells] of rows) expect(cells).toEqual(marks);
});

test('the table of compilers lists the tested versions', () => {
  const [, ...rows] = tableOf('TypeScript');
  expect(rows).toEqual(TYPESCRIPT_VERSIONS.map((version) => [version, 'yes', 'yes']));
});

test('the page states the default and the maximum of a page size', () => {
  const [, max, byDefault] = /`limit` is 1 to (\d+), by default (\d+)/.exec(page) ?? [];
  expect(pageInput.parse({})).toEqual({ limit: Number(byDefault) });
  expect(pageInput.safeParse({ limit: Number(max) }).success).toBe(true);
  expect(pageInput.safeParse({ limit: Number(max) + 1 }).success).toBe(false);
});
