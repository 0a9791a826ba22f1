import { readFile } from 'node:fs/promises';
import path from 'node:path';
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

test('the error examples of docs/api.md are the responses of the server', async () => {
  for (let n = 0; n < 3; n += 1) await create('/api/sessions');
  expect([await create('/trpc/sessions.create'), await create('/api/sessions')]).toEqual(examples);
});
