import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pageInput, sessionEvent } from '@classroom/schema';
import { expect, test } from 'vitest';

const page = await readFile(path.resolve(import.meta.dirname, '../../docs/api.md'), 'utf8');

test('the table of live events lists every type of the schema', () => {
  const [, section = ''] = /^## Live events\n([^]*?)^## /m.exec(page) ?? [];
  const documented = [...section.matchAll(/^\| `(\w+)` /gm)].map(([, type]) => type);
  const types = sessionEvent.options.map(({ shape }) => shape.type.value);
  expect(new Set(documented)).toEqual(new Set(['type', ...types]));
});

test('the page states the default and the maximum of a page size', () => {
  const [, max, byDefault] = /`limit` is 1 to (\d+), by default (\d+)/.exec(page) ?? [];
  expect(pageInput.parse({})).toEqual({ limit: Number(byDefault) });
  expect(pageInput.safeParse({ limit: Number(max) }).success).toBe(true);
  expect(pageInput.safeParse({ limit: Number(max) + 1 }).success).toBe(false);
});
