import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { sessionEvent } from '@classroom/schema';
import { expect, test } from 'vitest';
import { useApi } from '../src/use-api.ts';

const { api } = await useApi();
const page = await readFile(path.resolve(import.meta.dirname, '../../docs/api.md'), 'utf8');
const examples = [...page.matchAll(/^```json\n([^]*?)^```/gm)].map(([, json = '']): unknown =>
  JSON.parse(json),
);

async function create(route: string): Promise<unknown> {
  const response = await fetch(`${api.url}${route}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ title: 'Algebra I', hostDisplayName: 'Ada' }),
  });
  return await response.json();
}

test('the error examples are responses of the server', async () => {
  for (let n = 0; n < 3; n += 1) await create('/api/sessions');
  expect([await create('/trpc/sessions.create'), await create('/api/sessions')]).toEqual(examples);
});

test('the table of live events lists every type of the schema', () => {
  const [, section = ''] = /^## Live events\n([^]*?)^## /m.exec(page) ?? [];
  const documented = [...section.matchAll(/^\| `(\w+)` /gm)].map(([, type]) => type);
  const types = sessionEvent.options.map(({ shape }) => shape.type.value);
  expect(new Set(documented)).toEqual(new Set(['type', ...types]));
});
